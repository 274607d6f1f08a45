"""What staff do with a cold home's ticket; each step leaves an entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from comfort.enums import EntryKind, Fault, TicketState
from comfort.models import ColdTicket, TicketEntry


class TicketError(ValueError):
    """A step that cannot be taken; the sentence says why."""


@transaction.atomic
def take_ticket(*, ticket_id: int, assignee: User, by: User, at: datetime, note: str = "") -> ColdTicket:
    """Put the ticket into somebody's hand.

    Raises:
        TicketError: it is closed.
    """
    ticket = _open(ticket_id)
    words = note or _("In hand of %(person)s.") % {"person": assignee}
    return _step(
        ticket, EntryKind.TAKEN, by=by, at=at, note=words, state=TicketState.IN_HAND, assignee=assignee
    )


@transaction.atomic
def let_ticket_wait(*, ticket_id: int, by: User, at: datetime, note: str) -> ColdTicket:
    """Say what it waits for; the residents read it.

    Raises:
        TicketError: it is closed, or nothing was said.
    """
    ticket = _open(ticket_id)
    _refuse_silence(note)
    return _step(
        ticket, EntryKind.WAITS, by=by, at=at, note=note, for_residents=True, state=TicketState.WAITING
    )


@transaction.atomic
def note_ticket(
    *, ticket_id: int, by: User, at: datetime, note: str, for_residents: bool = False
) -> ColdTicket:
    """Write something down; on a closed ticket too.

    Raises:
        TicketError: nothing was said.
    """
    _refuse_silence(note)
    ticket = ColdTicket.objects.select_for_update().get(pk=ticket_id)
    return _step(ticket, EntryKind.NOTE, by=by, at=at, note=note, for_residents=for_residents)


@transaction.atomic
def close_ticket(*, ticket_id: int, by: User, at: datetime, fault: Fault, note: str = "") -> ColdTicket:
    """Close it with what the cause was; the residents read the note.

    Raises:
        TicketError: it is closed already, the cause is missing, or the home is still cold by our fault.
    """
    ticket = _open(ticket_id)
    if fault == Fault.UNKNOWN:
        raise TicketError(_("Say what the cause was: a refund may depend on it."))
    if fault == Fault.SUPPLY and ticket.spells.filter(ends_at=None).exists():
        raise TicketError(_("The home is still under the minimum; it is closed once it is warm again."))
    return _step(
        ticket,
        EntryKind.CLOSED,
        by=by,
        at=at,
        note=note,
        for_residents=True,
        state=TicketState.CLOSED,
        fault=fault,
        closed_at=at,
    )


def _open(ticket_id: int) -> ColdTicket:
    ticket = ColdTicket.objects.select_for_update().get(pk=ticket_id)
    if ticket.state == TicketState.CLOSED:
        raise TicketError(_("This ticket is closed; a new time under the minimum opens a new one."))
    return ticket


def _refuse_silence(note: str) -> None:
    if not note.strip():
        raise TicketError(_("Say what it is about."))


def _step(
    ticket: ColdTicket,
    kind: EntryKind,
    *,
    by: User,
    at: datetime,
    note: str,
    for_residents: bool = False,
    **changed: Any,  # noqa: ANN401 - columns of the ticket
) -> ColdTicket:
    for column, value in changed.items():
        setattr(ticket, column, value)
    if changed:
        ticket.save(update_fields=list(changed))
    TicketEntry.objects.create(
        ticket=ticket, at=at, author=by, kind=kind, note=note, for_residents=for_residents
    )
    return ticket
