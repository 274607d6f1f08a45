"""Issuing: numbered, frozen, posted, in one transaction or not at all."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract
from accounts.period import Period
from accounts.scope import utility_scope
from billing.enums import AccountCode, EntryKind, InvoiceState
from billing.models import Invoice, InvoiceLine, JournalEntry, NumberSequence, Posting
from billing.operations.invoices import StaleDraftError, issue_invoice, issue_invoices
from billing.operations.ledger import Side, post_entry
from billing.operations.tariffs import activate_version
from billing.queries.balance import open_minor
from tests.billing.factories import (
    AFTER_JANUARY,
    AREA,
    REGISTERS,
    a_bill,
    a_customer,
    a_draft,
    a_tariff,
    a_version,
)
from tests.factories import a_utility


@pytest.mark.usefixtures("scoped")
def test_an_issued_invoice_has_number_due_day_and_everything_it_prints() -> None:
    version = a_tariff()
    contract = a_customer()
    invoice = Invoice.objects.get(pk=a_bill(contract=contract))

    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, "2026-000001")
    assert (invoice.issued_at, invoice.due_on) == (AFTER_JANUARY, date(2026, 3, 3))
    household = contract.household
    assert invoice.snapshot == {
        "seller": {"name": "Beijing Demo Heat"},
        "customer": {"name": "Li Na", "number": household.customer_number, "class": "residential"},
        "home": {
            "address": household.building.address,
            "building": household.building.name,
            "flat": household.label,
            "floor_area_m2": "100.00",
        },
        "tariffs": [
            {
                "version": version.pk,
                "name": "Two-part heat tariff",
                "from": "2025-11-15",
                "text": "Price decree of 2025",
            }
        ],
    }


@pytest.mark.usefixtures("scoped")
def test_issuing_debits_the_receivable_and_credits_revenue_and_tax() -> None:
    a_tariff()
    contract = a_customer()
    invoice_id = a_bill(contract=contract)

    entry = JournalEntry.objects.get()
    assert (entry.key, entry.kind, entry.at, entry.memo) == (
        f"invoice:{invoice_id}",
        "invoice",
        AFTER_JANUARY,
        "2026-000001",
    )
    postings = Posting.objects.order_by("pk").values_list("account__code", "amount_minor", "contract")
    assert list(postings) == [
        ("receivable", 51_230, contract.pk),
        ("revenue", -47_000, contract.pk),
        ("tax", -4_230, contract.pk),
    ]
    assert open_minor([invoice_id]) == {invoice_id: 51_230}


@pytest.mark.usefixtures("scoped")
def test_without_tax_there_is_no_posting_of_nothing() -> None:
    a_tariff(components=[replace(AREA, tax_rate=Decimal(0))])
    a_bill(contract=a_customer())

    assert list(Posting.objects.order_by("pk").values_list("account__code", "amount_minor")) == [
        ("receivable", 31_000),
        ("revenue", -31_000),
    ]


@pytest.mark.usefixtures("scoped")
def test_a_bill_of_nothing_is_issued_and_moves_no_money() -> None:
    a_tariff()
    june = Period(date(2026, 6, 1), date(2026, 7, 1))
    contract = a_customer(registers_wh={june.start: 5, date(2026, 7, 1): 5})
    invoice_id = a_bill(contract=contract, period=june, at=datetime(2026, 7, 2, tzinfo=UTC))

    assert Invoice.objects.get().total_minor == 0
    assert not JournalEntry.objects.exists()
    assert open_minor([invoice_id]) == {invoice_id: 0}


@pytest.mark.usefixtures("scoped")
def test_issuing_again_changes_nothing() -> None:
    a_tariff()
    invoice = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    again = issue_invoice(invoice=invoice, at=datetime(2026, 5, 1, tzinfo=UTC))

    assert (again.number, again.issued_at) == ("2026-000001", AFTER_JANUARY)
    assert JournalEntry.objects.count() == 1
    assert NumberSequence.objects.get().last_number == 1


@pytest.mark.usefixtures("scoped")
def test_a_draft_at_prices_that_are_no_longer_in_force_is_not_issued() -> None:
    version = a_tariff()
    contract = a_customer(registers_wh=REGISTERS | {date(2026, 1, 11): 2_400_000})
    stale = a_draft(contract=contract)
    activate_version(version=a_version(plan=version.plan, starts_on=date(2026, 1, 11)))

    with pytest.raises(StaleDraftError, match="which now ends on 2026-01-11"):
        issue_invoices(invoice_ids=[stale], at=AFTER_JANUARY)
    assert Invoice.objects.get().state == InvoiceState.DRAFT
    assert not NumberSequence.objects.exists()
    assert Invoice.objects.get(pk=a_bill(contract=contract)).lines.count() == 4


@pytest.mark.usefixtures("scoped")
def test_a_draft_of_days_after_the_customer_left_is_not_issued_and_is_replaced() -> None:
    a_tariff()
    contract = a_customer(registers_wh=REGISTERS | {date(2026, 1, 16): 2_500_000})
    stale = a_draft(contract=contract)
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 1, 16))

    with pytest.raises(StaleDraftError, match="days on which the contract does not hold"):
        issue_invoices(invoice_ids=[stale], at=AFTER_JANUARY)
    assert not NumberSequence.objects.exists()

    contract.refresh_from_db()
    bill = Invoice.objects.get(pk=a_bill(contract=contract))
    assert (bill.period_start, bill.period_end) == (date(2026, 1, 1), date(2026, 1, 16))
    assert not Invoice.objects.filter(state=InvoiceState.DRAFT).exists()


@pytest.mark.usefixtures("scoped")
def test_numbers_follow_the_customer_numbers_and_begin_anew_each_year() -> None:
    a_tariff()
    contracts = [a_customer() for _home in range(3)]
    drafts = [a_draft(contract=contract) for contract in reversed(contracts)]
    issued = issue_invoices(invoice_ids=drafts, at=AFTER_JANUARY)
    next_year = a_bill(contract=a_customer(), at=datetime(2026, 12, 31, 16, tzinfo=UTC))

    by_customer = sorted(issued, key=lambda invoice: invoice.household.customer_number)
    assert [invoice.number for invoice in by_customer] == ["2026-000001", "2026-000002", "2026-000003"]
    # In Beijing it is 2027 already.
    assert Invoice.objects.get(pk=next_year).number == "2027-000001"


@pytest.mark.usefixtures("db")
def test_each_utility_counts_for_itself() -> None:
    numbers = []
    for _n in range(2):
        with utility_scope(a_utility()):
            a_tariff()
            invoice_id = a_bill(contract=a_customer())
            numbers.append(Invoice.objects.get(pk=invoice_id).number)

    assert numbers == ["2026-000001", "2026-000001"]


@pytest.mark.usefixtures("scoped")
def test_three_invoices_take_as_many_statements_as_one() -> None:
    a_tariff()
    counts = []
    for homes in (1, 3):
        drafts = [a_draft(contract=a_customer()) for _home in range(homes)]
        with CaptureQueriesContext(connection) as queries:
            issue_invoices(invoice_ids=drafts, at=AFTER_JANUARY)
        counts.append(len(queries))

    # The first run opens the accounts: one statement to write them and one to read them.
    assert counts[0] - counts[1] == 2


@pytest.mark.usefixtures("scoped")
def test_an_issue_that_fails_takes_its_number_and_postings_with_it() -> None:
    a_tariff()
    contract = a_customer()
    drafts = [a_draft(contract=contract), a_draft(contract=a_customer())]
    # Somebody posted under this invoice's key before: the whole batch has to fail.
    taken = post_entry(
        key=f"invoice:{drafts[1]}",
        kind=EntryKind.CORRECTION,
        at=AFTER_JANUARY,
        currency="CNY",
        sides=[
            Side(account=AccountCode.BANK, amount_minor=1),
            Side(account=AccountCode.SUSPENSE, amount_minor=-1),
        ],
    )
    with pytest.raises(IntegrityError, match="billing_entry_unique_key"):
        issue_invoices(invoice_ids=drafts, at=AFTER_JANUARY)

    assert list(Invoice.objects.values_list("state", "number")) == [("draft", None)] * 2
    assert not NumberSequence.objects.exists()
    assert JournalEntry.objects.get() == taken


@pytest.mark.parametrize("change", [{"total_minor": 1}, {"due_on": date(2030, 1, 1)}, {"state": "draft"}])
@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_to_change_an_issued_invoice(change: dict[str, object]) -> None:
    a_tariff()
    a_bill(contract=a_customer())
    before = Invoice.objects.values().get()

    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        Invoice.objects.update(**change)
    assert Invoice.objects.values().get() == before


@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_to_delete_an_issued_invoice_or_touch_its_lines() -> None:
    a_tariff()
    invoice_id = a_bill(contract=a_customer())
    line = InvoiceLine.objects.first()
    assert line is not None

    with pytest.raises(DatabaseError, match="lines of an issued invoice"), transaction.atomic():
        InvoiceLine.objects.update(net_minor=0)
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        Invoice.objects.filter(pk=invoice_id)._raw_delete(Invoice.objects.db)
    line.pk, line.position = None, 9
    with pytest.raises(DatabaseError, match="lines of an issued invoice"), transaction.atomic():
        line.save(force_insert=True)
    assert InvoiceLine.objects.count() == 2


@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_a_header_that_is_not_the_sum_of_its_lines() -> None:
    a_tariff()
    draft = a_draft(contract=a_customer())
    Invoice.objects.filter(pk=draft).update(net_minor=47_001, total_minor=51_231)

    with pytest.raises(DatabaseError, match="says net 47001 and tax 4230, its lines 47000 and 4230"):
        _commit_issue(draft)
    assert Invoice.objects.get().state == InvoiceState.DRAFT


def _commit_issue(draft: int) -> None:
    with transaction.atomic():
        issue_invoices(invoice_ids=[draft], at=AFTER_JANUARY)
        # What a commit does, within the test's own transaction.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
