"""What waits for a person, queue by queue: how much, since when, and the list where it is worked off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.enums import BankLineState, RefundState
from billing.models import BankLine, Refund
from comfort.enums import TicketState
from comfort.models import ColdTicket
from config.desk.lists import list_address, sees_strangers
from metering.enums import QuarantineState, Reason
from metering.queries.exceptions import BILL, exceptions
from metering.queries.quarantine import quarantined

UNKNOWN: Final = (Reason.UNKNOWN_METER, Reason.UNKNOWN_DEVICE)


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work: its rows, the column that says since when they wait, and the list they are in."""

    title: Promise
    model: str
    rows: Callable[[HttpRequest], QuerySet[Any]]
    since: str
    # What narrows the list down to these rows.
    query: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a queue stands."""

    title: Promise
    count: int
    oldest: datetime | None
    link: str


def _unknown(request: HttpRequest) -> QuerySet[Any]:
    rows = quarantined(strangers=sees_strangers(request)).order_by()
    return rows.filter(state=QuarantineState.WAITING, reason__in=UNKNOWN)


QUEUES: Final = (
    Queue(_("Cold homes in nobody's hand"), "comfort.ColdTicket", lambda _request: _cold(), "opened_at"),
    Queue(_("Unknown meters and devices"), "metering.QuarantinedMessage", _unknown, "received_at"),
    Queue(
        _("Exceptions that hold up a bill"), "metering.ReadingFlag", lambda _request: _held(), "measured_at"
    ),
    Queue(
        _("Payments to match"),
        "billing.BankLine",
        lambda _request: BankLine.objects.filter(state=BankLineState.OPEN),
        "statement__imported_at",
        (("state__exact", BankLineState.OPEN.value),),
    ),
    Queue(
        _("Refunds that wait for a second person"),
        "billing.Refund",
        lambda _request: Refund.objects.filter(state=RefundState.REQUESTED),
        "requested_at",
        (("state__exact", RefundState.REQUESTED.value),),
    ),
)


def _cold() -> QuerySet[Any]:
    return ColdTicket.objects.filter(state=TicketState.NEW)


def _held() -> QuerySet[Any]:
    heads: QuerySet[Any] = exceptions()
    return heads.filter(holds_up=BILL).order_by()


def queues(request: HttpRequest) -> list[Waiting]:
    """The queues that this clerk may open, each by one statement."""
    found = []
    for queue in QUEUES:
        link = list_address(queue.model, request)
        if link is None:
            continue
        told = queue.rows(request).aggregate(count=Count("pk"), oldest=Min(queue.since))
        query = f"?{urlencode(queue.query)}" if queue.query else ""
        found.append(Waiting(queue.title, told["count"], told["oldest"], link + query))
    return found
