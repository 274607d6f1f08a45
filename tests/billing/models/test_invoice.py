"""What the database itself holds about invoices, whoever writes them."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from billing.models import Invoice, NumberSequence
from tests.billing.factories import AFTER_JANUARY, a_bill, a_customer, a_draft, a_tariff


def _copy(of: int, **changes: object) -> None:
    """Write a row like the invoice ``of``, with ``changes``, past every operation."""
    row = Invoice.objects.get(pk=of)
    row.pk = None
    for name, value in changes.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    ("period_start", "period_end"),
    [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 1, 31), date(2026, 3, 1)),
        (date(2025, 12, 1), date(2026, 1, 2)),
    ],
)
@pytest.mark.usefixtures("scoped")
def test_no_day_of_a_contract_is_on_two_invoices(period_start: date, period_end: date) -> None:
    a_tariff()
    draft = a_draft(contract=a_customer())

    with pytest.raises(IntegrityError, match="billing_invoice_no_day_twice"):
        _copy(draft, period_start=period_start, period_end=period_end)
    assert Invoice.objects.count() == 1


@pytest.mark.usefixtures("scoped")
def test_the_next_days_and_another_contract_are_free() -> None:
    a_tariff()
    draft = a_draft(contract=a_customer())
    neighbour = a_customer()
    _copy(draft, period_start=date(2026, 2, 1), period_end=date(2026, 3, 1))
    _copy(draft, contract=neighbour, household=neighbour.household)

    assert Invoice.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"total_minor": 1}, "billing_invoice_total_is_net_plus_tax"),
        ({"period_end": date(2025, 1, 1)}, "billing_invoice_period_ends_after_start"),
        ({"number": "2026-000009"}, "billing_invoice_issued_means_numbered"),
        ({"issued_at": AFTER_JANUARY}, "billing_invoice_issued_means_numbered"),
        ({"state": "issued"}, "billing_invoice_issued_means_numbered"),
        ({"state": "paid"}, "billing_invoice_issued_means_numbered"),
    ],
)
@pytest.mark.usefixtures("scoped")
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, object], rule: str) -> None:
    a_tariff()
    draft = a_draft(contract=a_customer())

    with pytest.raises(IntegrityError, match=rule):
        _copy(draft, contract=a_customer(), **changes)
    assert Invoice.objects.count() == 1


@pytest.mark.usefixtures("scoped")
def test_a_number_is_given_once_a_utility() -> None:
    a_tariff()
    issued = a_bill(contract=a_customer())

    with pytest.raises(IntegrityError, match="billing_invoice_unique_number"):
        _copy(issued, contract=a_customer())


@pytest.mark.usefixtures("scoped")
def test_a_series_has_one_counter_a_year() -> None:
    NumberSequence.objects.create(series="invoice", year=2026)
    with pytest.raises(IntegrityError, match="billing_sequence_one_counter"), transaction.atomic():
        NumberSequence.objects.create(series="invoice", year=2026)
