"""All that is known of one home, panel by panel; each a handful of statements whatever its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import QuerySet
from django.template.defaultfilters import floatformat
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import ContactNote, Contract, Household, Membership, ResidentLook
from accounts.period import Period
from billing.enums import InvoiceState
from billing.models import BankMatch, Invoice, Letter, PaymentAttempt, Refund
from billing.queries.invoices import with_owed
from comfort.models import Feedback
from comfort.queries.rooms import RoomView, rooms_now
from comfort.queries.service import tickets_of
from config.chart import Bar, bars, round_top
from control.explanation import Step, steps
from control.queries.answers import comfort_answers
from metering.enums import Resolution
from metering.models import Connectivity, Installation, Reading
from metering.queries.consumption import consumption
from metering.queries.latest import latest_readings

if TYPE_CHECKING:  # the stubs are no part of a running service
    from billing.queries.invoices import Owing
    from comfort.models import ColdTicket

LISTED: Final = 12
DAYS: Final = timedelta(days=30)
# Far enough back for every ticket of a home that anybody will ask about.
TICKETS_SINCE: Final = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Day:
    """A day's heat as it is drawn and said."""

    label: str
    figure: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Hung:
    """A device of the home: where it hung from when to when, and whether it is heard."""

    installation: Installation
    connectivity: Connectivity | None


@dataclass(frozen=True, slots=True)
class People:
    """Who pays and who lives there, now and before."""

    contracts: Sequence[Contract]
    members: Sequence[Membership]


@dataclass(frozen=True, slots=True)
class Heat:
    """What was measured: the meters, the last reading, the rooms, a month of days."""

    devices: Sequence[Hung]
    reading: Reading | None
    rooms: Sequence[RoomView]
    days: Sequence[Day]
    total_kwh: float | None


@dataclass(frozen=True, slots=True)
class Money:
    """Bills with what is owed on each, and every try to pay or to give back."""

    bills: Sequence[Owing]
    owed_minor: int
    payments: Sequence[PaymentAttempt]
    transfers: Sequence[BankMatch]
    refunds: Sequence[Refund]
    letters: Sequence[Letter]


@dataclass(frozen=True, slots=True)
class Comfort:
    """What was said, what came of it, and the promises to look after the home."""

    votes: Sequence[Feedback]
    newest_steps: Sequence[Step]
    tickets: Sequence[ColdTicket]


def people_of(household: Household) -> People:
    """The newest first."""
    contracts = Contract.objects.filter(household=household).order_by("-starts_on")
    members = Membership.objects.filter(household=household).select_related("user")
    return People(list(contracts[:LISTED]), list(members.order_by("-starts_on", "-pk")[:LISTED]))


def heat_of(household: Household, *, at: datetime) -> Heat:
    """As it is measured now."""
    rows = Installation.objects.filter(household=household).select_related("device__connectivity")
    devices = [
        Hung(row, getattr(row.device, "connectivity", None)) for row in rows.order_by("-starts_at")[:LISTED]
    ]
    days, total_kwh = _days(household, at=at)
    reading = latest_readings([household.pk]).get(household.pk)
    return Heat(devices, reading, rooms_now(household.pk), days, total_kwh)


def money_of(household: Household) -> Money:
    """The newest first; what is owed counts all bills, not only those listed."""
    issued = with_owed(Invoice.objects.filter(household=household, state=InvoiceState.ISSUED))
    bills = list(issued.order_by("-period_start", "-pk"))
    mine = {"invoice__household": household}
    return Money(
        bills=bills[:LISTED],
        owed_minor=sum(bill.owed_minor for bill in bills),
        payments=_newest(PaymentAttempt.objects.filter(**mine).select_related("invoice"), "created_at"),
        transfers=_newest(BankMatch.objects.filter(**mine).select_related("invoice", "line"), "matched_at"),
        refunds=_newest(Refund.objects.filter(contract__household=household), "requested_at"),
        letters=_newest(Letter.objects.filter(contract__household=household), "written_at"),
    )


def comfort_of(household: Household, *, at: datetime) -> Comfort:
    """The newest first."""
    since = at - TICKETS_SINCE
    votes = Feedback.objects.filter(household=household).select_related("room", "user")
    answers = comfort_answers(household, at=at, since=since)
    return Comfort(
        votes=_newest(votes, "given_at"),
        newest_steps=steps(answers[0]) if answers else [],
        tickets=tickets_of(household.pk, since=since),
    )


def notes_of(household: Household) -> Sequence[ContactNote]:
    """What was said at the desk, newest first."""
    return _newest(ContactNote.objects.filter(household=household).select_related("author"), "at")


def looks_of_home(household: Household) -> Sequence[ResidentLook]:
    """Who saw the home's page as a resident, newest first."""
    rows = ResidentLook.objects.filter(household=household).select_related("clerk", "resident")
    return _newest(rows, "starts_at")


def sentence(people: People, money: Money | None, *, on: date) -> str:
    """Who the customer is, in the clerk's first glance."""
    now = next((row for row in people.contracts if on in row.period), None)
    if now is None:
        return _("Nobody has a contract for this home today.")
    words = _("%(name)s has paid for this home since %(day)s.")
    said = words % {"name": now.customer_name, "day": formats.date_format(now.starts_on)}
    late = [bill for bill in money.bills if _is_late(bill, on)] if money else []
    if late:
        said += " " + _("%(count)s of the bills are past due.") % {"count": len(late)}
    return said


def _is_late(bill: Owing, on: date) -> bool:
    return bill.owed_minor > 0 and bill.due_on is not None and bill.due_on < on


def _newest(rows: QuerySet[Any], when: str) -> list[Any]:
    return list(rows.order_by(f"-{when}", "-pk")[:LISTED])


def _days(household: Household, *, at: datetime) -> tuple[list[Day], float | None]:
    series = consumption(household.pk, Period(at - DAYS, at), Resolution.DAY)
    if not series.starts:
        return [], None
    known = {
        timezone.localdate(start): energy_wh / 1000
        for start, energy_wh in zip(series.starts, series.energy_wh.tolist(), strict=True)
    }
    first, last = min(known), max(known)
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    kwh = [known.get(day) for day in dates]
    top = round_top(max(known.values()))
    drawn = zip(dates, kwh, bars(kwh, top=top), strict=True)
    return [_day(day, value, bar) for day, value, bar in drawn], sum(known.values())


def _day(day: date, kwh: float | None, bar: Bar) -> Day:
    figure = _("no reading") if kwh is None else f"{floatformat(kwh, 1)} kWh"
    return Day(formats.date_format(day, "MONTH_DAY_FORMAT"), figure, bar)
