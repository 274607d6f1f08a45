"""What is owed: the ledger's answer, never a stored state."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract
from billing.enums import AccountCode, EntryKind, Standing
from billing.models import Invoice
from billing.operations.ledger import Side, post_entry
from billing.queries.balance import open_minor, standing
from billing.queries.invoices import overdue, with_owed
from billing.queries.statement import statement
from tests.billing.factories import AFTER_JANUARY, a_bill, a_customer, a_draft, a_tariff

PAID_AT = datetime(2026, 2, 10, tzinfo=UTC)


def _pay(contract: Contract, invoice_id: int, minor: int, *, credit_minor: int = 0) -> None:
    """Money came in: ``minor`` settles the invoice, ``credit_minor`` is beyond what was owed."""
    post_entry(
        key=f"payment:{invoice_id}:{minor}",
        kind=EntryKind.PAYMENT,
        at=PAID_AT,
        currency="CNY",
        sides=[
            Side(account=AccountCode.BANK, amount_minor=minor + credit_minor),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=-minor,
                contract_id=contract.pk,
                invoice_id=invoice_id,
            ),
            Side(
                account=AccountCode.CUSTOMER_CREDIT,
                amount_minor=-credit_minor,
                contract_id=contract.pk,
                invoice_id=invoice_id,
            ),
        ],
    )


def _standing(invoice_id: int, *, days_after_due: int = 0) -> Standing:
    invoice = with_owed(Invoice.objects.all()).get(pk=invoice_id)
    assert invoice.due_on is not None
    on = invoice.due_on + timedelta(days=days_after_due)
    return standing(invoice, owed_minor=invoice.owed_minor, on=on)


@pytest.mark.usefixtures("scoped")
def test_an_invoice_is_open_then_partly_paid_then_paid() -> None:
    a_tariff()
    contract = a_customer()
    invoice_id = a_bill(contract=contract)
    seen = [(open_minor([invoice_id])[invoice_id], _standing(invoice_id))]
    for minor in (20_000, 31_230):
        _pay(contract, invoice_id, minor)
        seen.append((open_minor([invoice_id])[invoice_id], _standing(invoice_id)))

    assert seen == [(51_230, Standing.OPEN), (31_230, Standing.PARTLY_PAID), (0, Standing.PAID)]


@pytest.mark.usefixtures("scoped")
def test_it_is_overdue_from_the_day_after_the_due_day_until_it_is_paid() -> None:
    a_tariff()
    contract = a_customer()
    invoice_id = a_bill(contract=contract)
    due_on = Invoice.objects.get().due_on
    assert due_on is not None

    assert _standing(invoice_id, days_after_due=0) == Standing.OPEN
    assert _standing(invoice_id, days_after_due=1) == Standing.OVERDUE
    assert list(overdue(on=due_on)) == []
    assert [invoice.pk for invoice in overdue(on=due_on + timedelta(days=1))] == [invoice_id]
    _pay(contract, invoice_id, 51_230)
    assert _standing(invoice_id, days_after_due=1) == Standing.PAID
    assert list(overdue(on=due_on + timedelta(days=1))) == []


@pytest.mark.usefixtures("scoped")
def test_a_draft_owes_nothing_yet() -> None:
    a_tariff()
    draft = a_draft(contract=a_customer())

    assert open_minor([draft, 987_654]) == {draft: 0, 987_654: 0}
    assert list(overdue(on=date(2030, 1, 1))) == []


@pytest.mark.usefixtures("scoped")
def test_a_statement_runs_from_bill_to_payment_and_keeps_what_was_too_much() -> None:
    a_tariff()
    contract, other = a_customer(), a_customer()
    invoice_id = a_bill(contract=contract)
    a_bill(contract=other)
    _pay(contract, invoice_id, 51_230, credit_minor=770)

    movements = statement([contract.pk])
    assert [(m.at, m.kind, m.amount_minor, m.balance_minor) for m in movements] == [
        (AFTER_JANUARY, EntryKind.INVOICE, 51_230, 51_230),
        (PAID_AT, EntryKind.PAYMENT, -51_230, 0),
        (PAID_AT, EntryKind.PAYMENT, -770, -770),
    ]
    assert (movements[0].memo, movements[0].currency) == ("2026-000001", "CNY")
    assert open_minor([invoice_id]) == {invoice_id: 0}


@pytest.mark.usefixtures("scoped")
def test_three_invoices_take_as_many_statements_as_one() -> None:
    a_tariff()
    contracts = [a_customer() for _home in range(3)]
    invoices = [a_bill(contract=contract) for contract in contracts]
    counts = []
    for number in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            open_minor(invoices[:number])
            statement([contract.pk for contract in contracts[:number]])
            list(with_owed(Invoice.objects.filter(pk__in=invoices[:number])))
        counts.append(len(queries))

    assert counts == [3, 3]
