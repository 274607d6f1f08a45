"""The one rule of credit: what was paid too much pays what is open, the bill due first being first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts.models import Contract
from billing.enums import AccountCode, EntryKind
from billing.models import Invoice, Posting
from billing.operations.ledger import NewEntry, Side, post_entries

# Of a contract in one currency: what stands on each invoice, and on the credit ("0").
_Balances = dict[tuple[int, str], dict[int, int]]
_CREDIT = 0


def lock_contracts(contract_ids: Collection[int] | QuerySet[Any, Any]) -> None:
    """Take the first lock on a customer's money (contract, invoice, attempt), in the order of keys."""
    rows = Contract.objects.filter(pk__in=contract_ids).select_for_update(no_key=True)
    list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def balance_contracts(*, contract_ids: Collection[int], cause: str, at: datetime) -> None:
    """Make surplus into credit and let credit pay what is open, for contracts whose lock the caller holds.

    An invoice that was paid too much, or credited after it was paid, gives its surplus to the customer's
    credit. Credit pays open invoices, the one due first being first. ``cause`` names the event in the
    ledger, so that balancing twice for one event does it once.
    """
    if not contract_ids:
        return
    entries = []
    balances = _balances(contract_ids)
    due = _due_days({invoice_id for owing in balances.values() for invoice_id in owing} - {_CREDIT})
    for (contract_id, currency), owing in sorted(balances.items()):
        sides = _sides(contract_id, owing, due)
        if sides:
            key = f"{cause}:credit:{contract_id}:{currency}"
            entries.append(NewEntry(key=key, kind=EntryKind.CREDIT, currency=currency, sides=sides))
    if entries:
        post_entries(entries=entries, at=at)


def credit_holders(contract_ids: Collection[int]) -> list[int]:
    """Those of the contracts that hold a credit."""
    rows = Posting.objects.filter(contract__any_of=contract_ids, account__code=AccountCode.CUSTOMER_CREDIT)
    sums = rows.order_by().values("contract", "account__currency").annotate(minor=Sum("amount_minor"))
    return sorted({row["contract"] for row in sums.filter(minor__lt=0)})


def credit_minor(contract_id: int, currency: str) -> int:
    """What the customer holds."""
    rows = Posting.objects.filter(
        contract=contract_id, account__code=AccountCode.CUSTOMER_CREDIT, account__currency=currency
    )
    return -(rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


def _balances(contract_ids: Collection[int]) -> _Balances:
    codes = (AccountCode.RECEIVABLE, AccountCode.CUSTOMER_CREDIT)
    rows = Posting.objects.filter(contract__in=contract_ids, account__code__in=codes)
    sums = rows.order_by().values("contract", "account__currency", "account__code", "invoice")
    found: _Balances = defaultdict(dict)
    for row in sums.annotate(minor=Sum("amount_minor")):
        is_credit = row["account__code"] == AccountCode.CUSTOMER_CREDIT
        place = _CREDIT if is_credit else row["invoice"]
        owing = found[row["contract"], row["account__currency"]]
        owing[place] = owing.get(place, 0) + row["minor"]
    return found


def _due_days(invoice_ids: Collection[int]) -> dict[int, date]:
    rows = Invoice.objects.filter(pk__in=invoice_ids).values_list("pk", "due_on")
    return {pk: due_on or date.max for pk, due_on in rows}


def _sides(contract_id: int, owing: dict[int, int], due: dict[int, date]) -> list[Side]:
    invoices = {pk: minor for pk, minor in owing.items() if pk != _CREDIT and minor}
    surplus = {pk: -minor for pk, minor in invoices.items() if minor < 0}
    left = pool = -owing.get(_CREDIT, 0) + sum(surplus.values())
    sides = [_receivable(contract_id, pk, minor) for pk, minor in sorted(surplus.items())]
    for pk in sorted((pk for pk, minor in invoices.items() if minor > 0), key=lambda pk: (due[pk], pk)):
        paid = min(max(left, 0), invoices[pk])
        left -= paid
        if paid:
            sides.append(_receivable(contract_id, pk, -paid))
    used = pool - left - sum(surplus.values())
    sides.append(Side(account=AccountCode.CUSTOMER_CREDIT, amount_minor=used, contract_id=contract_id))
    moving = [side for side in sides if side.amount_minor]
    return moving if len(moving) > 1 else []


def _receivable(contract_id: int, invoice_id: int, minor: int) -> Side:
    return Side(
        account=AccountCode.RECEIVABLE, amount_minor=minor, contract_id=contract_id, invoice_id=invoice_id
    )
