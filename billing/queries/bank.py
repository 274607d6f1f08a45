"""Whose money a bank line may be: open bills that something in the line speaks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q

from billing.enums import InvoiceState
from billing.matching import (
    Incoming,
    OpenBill,
    Suggestion,
    numbers_of,
    suggestions,
    words_of,
)
from billing.models import BankLine, BankMatch, Invoice
from billing.queries.invoices import with_owed


def suggestions_for(lines: Sequence[BankLine]) -> dict[int, list[Suggestion]]:
    """The bills each line may pay, likeliest first, by the line's key; two statements for all lines."""
    incoming = {line.pk: _incoming(line) for line in lines}
    bills = _candidates(list(incoming.values()))
    return {pk: suggestions(line, bills) for pk, line in incoming.items()}


def _incoming(line: BankLine) -> Incoming:
    return Incoming(
        amount_minor=line.amount_minor,
        currency=line.currency,
        reference=line.reference,
        payer_name=line.payer_name,
        payer_account=line.payer_account,
    )


def _candidates(lines: Sequence[Incoming]) -> list[OpenBill]:
    accounts = _accounts(line.payer_account for line in lines if line.payer_account)
    signs = (
        Q(number__in=_union(map(numbers_of, lines)))
        | Q(household__customer_number__in=_union(map(words_of, lines)))
        | Q(contract__in=accounts)
        | Q(owed_minor__in={line.amount_minor for line in lines})
    )
    rows = with_owed(Invoice.objects.filter(state=InvoiceState.ISSUED)).filter(signs, owed_minor__gt=0)
    return [
        OpenBill(
            invoice_id=row.pk,
            contract_id=row.contract_id,
            number=row.number or "",
            customer_number=row.household.customer_number,
            customer_name=row.contract.customer_name,
            owed_minor=row.owed_minor,
            currency=row.currency,
            known_accounts=frozenset(accounts.get(row.contract_id, ())),
        )
        for row in rows.select_related("contract", "household")
    ]


def _accounts(accounts: Iterable[str]) -> dict[int, set[str]]:
    """Contracts that were paid from these accounts before, by matches that still stand."""
    rows = BankMatch.objects.filter(line__payer_account__in=set(accounts), undone_at__isnull=True)
    found: dict[int, set[str]] = defaultdict(set)
    for contract_id, account in rows.values_list("invoice__contract", "line__payer_account").distinct():
        found[contract_id].add(account)
    return dict(found)


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set().union(*sets)
