"""Posting: the only way money moves in the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.scope import current_utility_id
from billing.enums import AccountCode, EntryKind
from billing.models import JournalEntry, LedgerAccount, Posting
from billing.operations.copying import copy_in, next_keys, text


class UnbalancedEntryError(ValueError):
    """The sides of an entry must sum to zero, and there must be two of them."""


class EntryKeyTakenError(ValueError):
    """Another entry, with other postings, has this key: two events were given one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One posting to be: debit positive, credit negative. Receivables name invoice and contract."""

    account: AccountCode
    amount_minor: int
    contract_id: int | None = None
    invoice_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to be; sides of zero are left out when it is posted."""

    key: str
    kind: EntryKind
    currency: str
    sides: Sequence[Side]
    memo: str = ""

    @property
    def moving(self) -> list[Side]:
        """The sides that move money.

        Raises:
            UnbalancedEntryError: they are fewer than two or do not sum to zero.
        """
        sides = [side for side in self.sides if side.amount_minor]
        rest = sum(side.amount_minor for side in sides)
        if rest or len(sides) < 2:  # noqa: PLR2004 - double entry
            raise UnbalancedEntryError(
                f"Entry {self.key} has {len(sides)} sides that sum to {rest} minor units of {self.currency}."
            )
        return sides


@transaction.atomic
def post_entry(
    *, key: str, kind: EntryKind, at: datetime, currency: str, sides: Sequence[Side], memo: str = ""
) -> JournalEntry:
    """Post one event once; a second call with the same key and sides returns the first entry.

    The utility in scope keeps the books. The deferred trigger checks the sum again at commit.

    Raises:
        UnbalancedEntryError: the sides do not sum to zero.
        EntryKeyTakenError: the key belongs to an entry with other sides.
    """
    entry = NewEntry(key=key, kind=kind, currency=currency, sides=sides, memo=memo)
    try:
        # A savepoint: where another process posts this key at the same moment, we wait, lose, and read it.
        with transaction.atomic():
            (key_of_row,) = post_entries(entries=[entry], at=at)
            return JournalEntry(pk=key_of_row, key=key, kind=kind, at=at, memo=memo)
    except IntegrityError:
        posted = JournalEntry.objects.filter(key=key).first()
        if posted is None:
            raise
    if _sides_of(posted) != _sides_as_posted(entry):
        raise EntryKeyTakenError(f"Entry {key} was posted at {posted.at:%Y-%m-%d %H:%M} with other sides.")
    return posted


def reverse_entry(*, key: str, into: str, at: datetime) -> JournalEntry:
    """Post the opposite of the entry ``key`` under the key ``into``; the first one stays as it is.

    Raises:
        JournalEntry.DoesNotExist: nothing was posted under ``key``.
    """
    entry = JournalEntry.objects.get(key=key)
    postings = list(entry.postings.select_related("account"))
    sides = [
        Side(
            account=AccountCode(posting.account.code),
            amount_minor=-posting.amount_minor,
            contract_id=posting.contract_id,
            invoice_id=posting.invoice_id,
        )
        for posting in postings
    ]
    return post_entry(
        key=into,
        kind=EntryKind(entry.kind),
        at=at,
        currency=postings[0].account.currency,
        memo=entry.memo,
        sides=sides,
    )


@transaction.atomic
def post_entries(*, entries: Sequence[NewEntry], at: datetime) -> list[int]:
    """Post many events at once, in the order given; all or none. The keys of their rows, in that order.

    Raises:
        UnbalancedEntryError: the sides of one do not sum to zero.
        IntegrityError: a key is taken.
    """
    # First of all, so that nothing is written where one of them does not balance.
    sides = [entry.moving for entry in entries]
    accounts = _accounts(entries)
    keys = next_keys(JournalEntry, len(entries))
    when, utility = text(at), current_utility_id()
    copy_in(
        JournalEntry,
        ["id", "key", "kind", "at", "memo", "utility_id"],
        (
            f"{pk}\t{text(entry.key)}\t{entry.kind.value}\t{when}\t{text(entry.memo)}\t{utility}"
            for pk, entry in zip(keys, entries, strict=True)
        ),
    )
    copy_in(
        Posting,
        ["entry_id", "account_id", "amount_minor", "contract_id", "invoice_id", "utility_id"],
        (
            f"{pk}\t{accounts[side.account, entry.currency]}\t{side.amount_minor}"
            f"\t{text(side.contract_id)}\t{text(side.invoice_id)}\t{utility}"
            for pk, entry, moving in zip(keys, entries, sides, strict=True)
            for side in moving
        ),
    )
    return keys


def _accounts(entries: Sequence[NewEntry]) -> dict[tuple[str, str], int]:
    needed = {(side.account.value, entry.currency) for entry in entries for side in entry.moving}
    known = _open_accounts()
    missing = sorted(needed - known.keys())
    if not missing:
        return known
    # Accounts open themselves at their first posting; another process may be doing the same.
    LedgerAccount.objects.bulk_create(
        (LedgerAccount(code=code, currency=currency) for code, currency in missing), ignore_conflicts=True
    )
    return _open_accounts()


def _open_accounts() -> dict[tuple[str, str], int]:
    rows = LedgerAccount.objects.values_list("code", "currency", "pk")
    return {(code, currency): pk for code, currency, pk in rows}


def _sides_of(entry: JournalEntry) -> list[tuple[str, int, int, int]]:
    rows = entry.postings.select_related("account")
    return sorted(
        (row.account.code, row.amount_minor, row.contract_id or 0, row.invoice_id or 0) for row in rows
    )


def _sides_as_posted(entry: NewEntry) -> list[tuple[str, int, int, int]]:
    return sorted(
        (side.account.value, side.amount_minor, side.contract_id or 0, side.invoice_id or 0)
        for side in entry.moving
    )
