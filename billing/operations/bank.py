"""Bank transfers: statements imported line by line, money matched to bills, matches taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from billing.enums import AccountCode, BankLineState, EntryKind, InvoiceState
from billing.matching import Suggestion, sure_match
from billing.models import BankLine, BankMatch, BankStatement, Invoice
from billing.operations.credit import balance_contracts, lock_contracts
from billing.operations.ledger import NewEntry, Side, post_entries, post_entry, reverse_entry
from billing.payments.bank_files import StatementLine, read_statement
from billing.queries.bank import suggestions_for


class BankMatchError(ValueError):
    """Why money cannot be matched or a match not be undone, in the clerk's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many lines of a file were new or known, what became of them, and the rows nobody could read."""

    new: int
    known: int
    matched: int
    to_match: int
    outgoing: int
    errors: Sequence[tuple[int, str]]


def import_statement(
    *, content: bytes, file_name: str, by: User | None, at: datetime, dry_run: bool = False
) -> Imported:
    """Take a bank's file over; what came before, in this file or another, is left alone.

    Money in the bank is in the ledger at once, on `suspense` until somebody knows whose it is. Sure lines are
    matched, the others wait at the desk. With ``dry_run`` everything is done and nothing kept.

    Raises:
        UnreadableStatementError: the file is no statement.
    """
    statement = read_statement(content)
    with transaction.atomic():
        fresh, clashes = _fresh(statement.lines, digest=sha256(content).hexdigest())
        known = len(statement.lines) - len(fresh) - len(clashes)
        result = _import(fresh, content=content, file_name=file_name, by=by, at=at)
        transaction.set_rollback(dry_run)
    return Imported(**result, known=known, errors=tuple(sorted([*statement.errors, *clashes])))


@transaction.atomic
def match_line(
    *, line: BankLine, invoice: Invoice, by: User | None, at: datetime, suggestion: Suggestion | None = None
) -> BankMatch:
    """Let a line pay a bill; what it is too much becomes credit, and may pay another.

    Raises:
        BankMatchError: the line is matched already, went out, or is in another currency.
    """
    lock_contracts([invoice.contract_id])
    line = BankLine.objects.select_for_update().get(pk=line.pk)
    if line.state != BankLineState.OPEN:
        raise BankMatchError(_("This line does not wait for a match."))
    if invoice.state != InvoiceState.ISSUED or invoice.currency != line.currency:
        raise BankMatchError(_("Choose an issued bill in the line's currency."))
    match = BankMatch.objects.create(
        line=line,
        invoice=invoice,
        confidence=suggestion.confidence if suggestion else 0,
        signs=", ".join(suggestion.signs) if suggestion else "",
        matched_by=by,
        matched_at=at,
    )
    _set_state(line, BankLineState.MATCHED)
    post_entry(
        key=match.key,
        kind=EntryKind.PAYMENT,
        at=at,
        currency=line.currency,
        memo=line.reference[:240],
        sides=[
            Side(account=AccountCode.SUSPENSE, amount_minor=line.amount_minor),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=-line.amount_minor,
                contract_id=invoice.contract_id,
                invoice_id=invoice.pk,
            ),
        ],
    )
    balance_contracts(contract_ids=[invoice.contract_id], cause=match.key, at=at)
    return match


@transaction.atomic
def undo_match(*, match: BankMatch, by: User, at: datetime) -> BankMatch:
    """Take a match back: the bill is owed again, the line waits again. Undoing twice undoes once."""
    lock_contracts([match.invoice.contract_id])
    match = (
        BankMatch.objects.select_for_update(of=("self",)).select_related("line", "invoice").get(pk=match.pk)
    )
    if match.undone_at is not None:
        return match
    match.undone_at, match.undone_by = at, by
    match.save(update_fields=["undone_at", "undone_by"])
    _set_state(match.line, BankLineState.OPEN)
    reverse_entry(key=match.key, into=f"{match.key}:undone", at=at)
    balance_contracts(contract_ids=[match.invoice.contract_id], cause=f"{match.key}:undone", at=at)
    return match


def _fresh(
    lines: Sequence[StatementLine], *, digest: str
) -> tuple[list[StatementLine], list[tuple[int, str]]]:
    """Lines that are new, each once, and rows whose name stands for other money already.

    Such a row is not the line that we have, so that it must not pass for a known one. Where the very same
    file was imported before, its lines are known by what they say, whatever they were called then.
    """
    names = [line.line_id for line in lines]
    rows = BankLine.objects.filter(line_id__in=names)
    others = BankLine.objects.filter(statement__sha256=digest).exclude(line_id__in=names)
    called_otherwise = Counter(_said(row) for row in others)
    taken = {row.line_id: (row.amount_minor, row.currency) for row in rows}
    fresh, clashes = [], []
    for line in lines:
        money = (line.amount_minor, line.currency)
        if line.line_id not in taken and called_otherwise[_said(line)]:
            called_otherwise[_said(line)] -= 1
        elif line.line_id not in taken:
            taken[line.line_id] = money
            fresh.append(line)
        elif taken[line.line_id] != money:
            clashes.append((line.row, f"'{line.line_id}' is the name of another line, of another amount"))
    return fresh, clashes


def _said(line: StatementLine | BankLine) -> tuple[date, int, str, str, str]:
    return (line.booked_on, line.amount_minor, line.currency, line.payer_account[:64], line.reference)


def _import(
    fresh: Sequence[StatementLine], *, content: bytes, file_name: str, by: User | None, at: datetime
) -> dict[str, int]:
    counts = {"new": len(fresh), "matched": 0, "to_match": 0, "outgoing": 0}
    if not fresh:
        return counts
    file = BankStatement.objects.create(
        file_name=file_name[:200], sha256=sha256(content).hexdigest(), imported_at=at, imported_by=by
    )
    rows = BankLine.objects.bulk_create(_row(file, line) for line in fresh)
    incoming = [row for row in rows if row.amount_minor > 0]
    post_entries(entries=[_arrival(row) for row in incoming], at=at)
    found = suggestions_for(incoming)
    # All customers at once and in order: two imports never wait for each other crosswise.
    sure = {row.pk: match for row in incoming if (match := sure_match(found[row.pk])) is not None}
    lock_contracts({match.contract_id for match in sure.values()})
    invoices = Invoice.objects.in_bulk([match.invoice_id for match in sure.values()])
    for row in incoming:
        if row.pk in sure:
            suggestion = sure[row.pk]
            match_line(
                line=row, invoice=invoices[suggestion.invoice_id], by=None, at=at, suggestion=suggestion
            )
    counts |= {
        "matched": len(sure),
        "to_match": len(incoming) - len(sure),
        "outgoing": len(rows) - len(incoming),
    }
    return counts


def _row(file: BankStatement, line: StatementLine) -> BankLine:
    return BankLine(
        statement=file,
        line_id=line.line_id,
        booked_on=line.booked_on,
        amount_minor=line.amount_minor,
        currency=line.currency,
        payer_name=line.payer_name[:200],
        payer_account=line.payer_account[:64],
        reference=line.reference,
        # What went out, clerks see and book elsewhere.
        state=BankLineState.OPEN if line.amount_minor > 0 else BankLineState.IGNORED,
    )


def _arrival(row: BankLine) -> NewEntry:
    return NewEntry(
        key=row.key,
        kind=EntryKind.PAYMENT,
        currency=row.currency,
        memo=row.reference[:240],
        sides=[
            Side(account=AccountCode.BANK, amount_minor=row.amount_minor),
            Side(account=AccountCode.SUSPENSE, amount_minor=-row.amount_minor),
        ],
    )


def _set_state(line: BankLine, state: BankLineState) -> None:
    line.state = state
    line.save(update_fields=["state"])
