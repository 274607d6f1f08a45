"""The figures on the desk's first page, all of the utility in scope, each one statement."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final, TypedDict

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from accounts.models import Household, Substation, Utility
from billing.enums import AccountCode
from billing.models import Posting
from billing.queries.invoices import overdue
from comfort.models import Feedback
from control.enums import TargetState
from control.models import Target, TargetTransition
from metering.enums import DeviceKind, QuarantineState
from metering.models import Installation, Reading
from metering.queries.latest import latest_room_temperatures, latest_telemetry
from metering.queries.quarantine import quarantined

LAST_HOUR: Final = timedelta(hours=1)
# Older values are no statement about now.
FRESH: Final = timedelta(hours=2)
SUPPLY: Final = "secondary_supply_c"
# What a setpoint is made of: the name in the sentence, the term, and how its sign is written.
PARTS: Final = {"curve": ("curve_c", ""), "rooms": ("feedback_k", "+"), "votes": ("comfort_k", "+")}
# How many rows a list on the first page has.
LISTED: Final = 6


class State(TypedDict):
    """What `with_state` adds to a target."""

    state: str


if TYPE_CHECKING:  # the stubs are no part of a running service
    from django_stubs_ext import WithAnnotations

    Stated = WithAnnotations[Target, State]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Readings of the last hour, and how many of the hung meters they came from."""

    readings: int
    meters_heard: int
    meters_hung: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What residents owe, and how much of it on how many bills is past its due day."""

    open_minor: int
    late_minor: int
    late_bills: int


@dataclass(frozen=True, slots=True)
class Warmth:
    """Homes by their coldest fresh room: all measured, those under the promised minimum, the middle one."""

    measured: int
    cold: int
    median_c: float | None


@dataclass(frozen=True, slots=True)
class Station:
    """One substation, its water now, and the newest target it was given: where that stands and why."""

    substation: Substation
    supply_c: float | None
    target: Target | None
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class ColdHome:
    """One home and its coldest fresh room."""

    household: Household
    temperature_c: float


def arrivals(*, at: datetime) -> Arrivals:
    """What the meters sent."""
    recent = Reading.objects.filter(measured_at__gt=at - LAST_HOUR, measured_at__lte=at)
    hung = Installation.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at), device__kind=DeviceKind.HEAT_METER, starts_at__lte=at
    )
    return Arrivals(recent.count(), recent.values("device_id").distinct().count(), hung.count())


def quarantine_waiting(*, strangers: bool) -> int:
    """Messages that wait for a decision; those to no known utility too, where ``strangers`` is set."""
    return quarantined(strangers=strangers).filter(state=QuarantineState.WAITING).count()


def owed(*, on: date) -> Owed:
    """The ledger's word on receivables."""
    rows = Posting.objects.filter(account__code=AccountCode.RECEIVABLE)
    late = [invoice.owed_minor for invoice in overdue(on=on)]
    return Owed(rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0, sum(late), len(late))


def warmth(utility: Utility, *, at: datetime) -> Warmth:
    """How warm the homes are; a home is as warm as its coldest room."""
    coldest = _coldest_rooms(at=at)
    minimum = float(utility.minimum_room_c)
    cold = sum(temperature < minimum for temperature in coldest.values())
    return Warmth(len(coldest), cold, median(coldest.values()) if coldest else None)


def coldest_homes(*, at: datetime) -> list[ColdHome]:
    """The homes with the coldest rooms, coldest first."""
    coldest = sorted(_coldest_rooms(at=at).items(), key=lambda pair: pair[1])[:LISTED]
    homes = Household.objects.select_related("building").in_bulk([pk for pk, _temperature_c in coldest])
    return [ColdHome(homes[pk], temperature_c) for pk, temperature_c in coldest]


def newest_votes(*, at: datetime) -> list[Feedback]:
    """What residents said last, within a week."""
    votes = Feedback.objects.filter(given_at__gt=at - timedelta(days=7), given_at__lte=at)
    return list(votes.select_related("household__building").order_by("-given_at", "-pk")[:LISTED])


def stations(*, at: datetime) -> list[Station]:
    """Every substation with its water, its newest target and where that stands."""
    newest = Target.objects.filter(substation=OuterRef("pk")).order_by("-issued_at").values("pk")[:1]
    rows = list(Substation.objects.annotate(target_id=Subquery(newest)).order_by("name"))
    targets = with_state(Target.objects.filter(pk__in=[row.target_id for row in rows])).in_bulk()
    water = latest_telemetry([row.pk for row in rows], [SUPPLY], at - FRESH)
    return [
        _station(row, targets.get(row.target_id), supply_c=water.get((row.pk, SUPPLY), (None, at))[0])
        for row in rows
    ]


def _coldest_rooms(*, at: datetime) -> dict[int, float]:
    coldest: dict[int, float] = {}
    for room in latest_room_temperatures():
        if room.household_id is not None and room.measured_at > at - FRESH:
            known = coldest.get(room.household_id, room.temperature_c)
            coldest[room.household_id] = min(known, room.temperature_c)
    return coldest


def _station(substation: Substation, target: Stated | None, *, supply_c: float | None) -> Station:
    if target is None:
        return Station(substation, supply_c, None, "", "")
    parts = {name: _signed(target.terms.get(term), sign=sign) for name, (term, sign) in PARTS.items()}
    why = _("curve %(curve)s, rooms %(rooms)s, votes %(votes)s") % parts
    words = f"{target.get_cause_display()}: {why}"
    return Station(substation, supply_c, target, str(TargetState(target.state).label), words)


def _signed(value: float | None, *, sign: str) -> str:
    return "-" if value is None else f"{value:{sign}.1f}"


def with_state(targets: QuerySet[Target]) -> QuerySet[Stated]:
    """The targets with ``state``, the newest thing that happened to each."""
    last = TargetTransition.objects.filter(target=OuterRef("pk")).order_by("-at", "-pk").values("state")[:1]
    return targets.annotate(state=Subquery(last))


def targets_by_state(*, at: datetime) -> Counter[str]:
    """How the targets of the last day ended up."""
    rows = with_state(Target.objects.filter(issued_at__gt=at - timedelta(days=1)))
    return Counter(target.state for target in rows)
