"""The desk's first page: the figures in words, each with the list it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.defaultfilters import floatformat
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import MINOR_DIGITS, Currency
from accounts.models import User, Utility
from accounts.queries.access import desk_utilities
from accounts.scope import utility_in_scope
from config.api.money import money_text
from config.desk import figures
from config.desk.lists import list_address, sees_strangers
from config.desk.queues import queues
from control.enums import Severity, TargetState
from control.queries.alarms import standing_counts


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: what it counts, what stands behind it, and the list it leads to, where there is one."""

    title: str
    figure: str
    detail: str
    link: str | None
    worries: bool = False


def with_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: the index page's context with the cards and stations of the utility in scope."""
    now = timezone.now()
    utility = Utility.objects.filter(pk=utility_in_scope() or 0).first()
    choices = desk_utilities(request.user, at=now) if isinstance(request.user, User) else []
    context |= {"title": _("Overview"), "utility": utility, "utility_choices": choices}
    if utility is None:
        return context
    with timezone.override(utility.zone):
        cards = [
            _readings(request),
            _alarms(request),
            _quarantine(request),
            _owed(request, utility),
            _warmth(request, utility),
            _targets(request),
        ]
    lists = {
        "queues": queues(request),
        "stations": figures.stations(at=now),
        "coldest": figures.coldest_homes(at=now),
        "votes": figures.newest_votes(at=now),
    }
    return context | {"cards": cards, "zone": utility.zone, "now": now, **lists}


def _readings(request: HttpRequest) -> Card:
    arrived = figures.arrivals(at=timezone.now())
    meters = {"heard": arrived.meters_heard, "hung": arrived.meters_hung}
    return Card(
        title=_("Readings in the last hour"),
        figure=formats.number_format(arrived.readings, force_grouping=True),
        detail=_("from %(heard)s of %(hung)s meters") % meters,
        link=list_address("metering.Reading", request),
        worries=arrived.meters_heard < arrived.meters_hung,
    )


def _quarantine(request: HttpRequest) -> Card:
    waiting = figures.quarantine_waiting(strangers=sees_strangers(request))
    return Card(
        title=_("Quarantine"),
        figure=str(waiting),
        detail=ngettext("message waits for a decision", "messages wait for a decision", waiting),
        link=list_address("metering.QuarantinedMessage", request),
        worries=waiting > 0,
    )


def _alarms(request: HttpRequest) -> Card:
    counts = standing_counts()
    words = [f"{severity.label} {counts[severity]}" for severity in Severity if counts[severity]]
    return Card(
        title=_("Alarms"),
        figure=str(counts.total()),
        detail=" · ".join(words) or _("nothing waits to be acknowledged"),
        link=list_address("control.Alarm", request),
        worries=counts[Severity.CRITICAL] + counts[Severity.MAJOR] > 0,
    )


def _owed(request: HttpRequest, utility: Utility) -> Card:
    owed = figures.owed(on=utility.local_date(timezone.now()))
    late = {"sum": _amount(owed.late_minor, utility), "count": owed.late_bills}
    return Card(
        title=_("Unpaid"),
        figure=_amount(owed.open_minor, utility),
        detail=ngettext(
            "%(sum)s past due on %(count)s bill", "%(sum)s past due on %(count)s bills", owed.late_bills
        )
        % late,
        link=list_address("billing.Invoice", request),
        worries=owed.late_bills > 0,
    )


def _amount(minor: int, utility: Utility) -> str:
    return money_text(minor, utility.currency, digits=MINOR_DIGITS[Currency(utility.currency)])


def _warmth(request: HttpRequest, utility: Utility) -> Card:
    warmth = figures.warmth(utility, at=timezone.now())
    middle = "-" if warmth.median_c is None else floatformat(warmth.median_c, 1)
    figure = {"measured": warmth.measured, "middle": middle}
    return Card(
        title=_("Homes below %(minimum)s °C") % {"minimum": formats.number_format(utility.minimum_room_c)},
        figure=str(warmth.cold),
        detail=_("of %(measured)s measured; the middle one has %(middle)s °C") % figure,
        link=list_address("metering.RoomTemperature", request),
        worries=warmth.cold > 0,
    )


def _targets(request: HttpRequest) -> Card:
    counts = figures.targets_by_state(at=timezone.now())
    words = [f"{TargetState(state).label} {count}" for state, count in counts.most_common()]
    return Card(
        title=_("Targets in 24 hours"),
        figure=str(counts.total()),
        detail=" · ".join(words) or _("none was issued"),
        link=list_address("control.Target", request),
        worries=counts[TargetState.REJECTED] > 0,
    )
