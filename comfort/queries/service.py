"""What a utility owes its homes in warmth: the record that a refund is computed from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q

from accounts.period import Period
from comfort.enums import Fault, TicketState
from comfort.models import ColdSpell, ColdTicket, TicketEntry


@dataclass(frozen=True, slots=True)
class ServiceFailure:
    """A home was under the minimum; ``period`` has no end while it still is.

    ``fault`` says whose it was once the ticket is closed, and `Fault.UNKNOWN` until then. ``shortfall_k_h``
    is the area between the minimum and the room.
    """

    household_id: int
    period: Period[datetime]
    minimum_c: float
    lowest_c: float
    shortfall_k_h: float
    fault: Fault
    ticket_id: int


def service_failures(household_ids: Collection[int], period: Period[datetime]) -> list[ServiceFailure]:
    """The times under the minimum that touch ``period``, by home and start; one statement.

    Billing refunds those whose fault is the supply's, and leaves what is not decided for later.
    """
    rows = ColdSpell.objects.filter(household__in=household_ids).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=period.start)
    )
    if period.end is not None:
        rows = rows.filter(starts_at__lt=period.end)
    return [
        ServiceFailure(
            household_id=row.household_id,
            period=row.period,
            minimum_c=row.minimum_c,
            lowest_c=row.lowest_c,
            shortfall_k_h=row.shortfall_k_h,
            fault=Fault(row.ticket.fault),
            ticket_id=row.ticket_id,
        )
        for row in rows.select_related("ticket").order_by("household_id", "starts_at")
    ]


def tickets_open() -> int:
    """How many homes are looked after, or wait for somebody to."""
    return ColdTicket.objects.exclude(state=TicketState.CLOSED).count()


def tickets_of(household_id: int, *, since: datetime, limit: int = 5) -> list[ColdTicket]:
    """The home's newest tickets opened since, with spells (newest first) and entries; three statements."""
    rows = ColdTicket.objects.filter(household_id=household_id, opened_at__gte=since)
    spells = Prefetch("spells", ColdSpell.objects.order_by("-starts_at"))
    entries = Prefetch("entries", TicketEntry.objects.order_by("pk"))
    return list(rows.prefetch_related(spells, entries).order_by("-opened_at", "-pk")[:limit])
