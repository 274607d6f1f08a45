"""A customer's account, movement by movement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from billing.enums import AccountCode, EntryKind
from billing.models import Posting

# What a customer owes, and what we owe the customer.
CUSTOMERS_OWN = (AccountCode.RECEIVABLE, AccountCode.CUSTOMER_CREDIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One posting on a customer's account and the balance after it; above zero is owed to us."""

    at: datetime
    kind: EntryKind
    memo: str
    invoice_id: int | None
    currency: str
    amount_minor: int
    balance_minor: int


def statement(contract_ids: Iterable[int]) -> list[Movement]:
    """Everything posted for these contracts, oldest first; the last balance is what is owed today.

    A credit the customer holds counts against what is owed, whichever invoice it came from.
    """
    rows = Posting.objects.filter(contract__in=list(contract_ids), account__code__in=CUSTOMERS_OWN)
    postings = list(rows.select_related("entry", "account").order_by("entry__at", "pk"))
    balances = accumulate(posting.amount_minor for posting in postings)
    return [
        Movement(
            at=posting.entry.at,
            kind=EntryKind(posting.entry.kind),
            memo=posting.entry.memo,
            invoice_id=posting.invoice_id,
            currency=posting.account.currency,
            amount_minor=posting.amount_minor,
            balance_minor=balance,
        )
        for posting, balance in zip(postings, balances, strict=True)
    ]
