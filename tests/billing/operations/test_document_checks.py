"""The nightly look at all issued documents, and the terminal's."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.enums import FindingKind
from billing.models import DocumentCheck, DocumentFinding, Invoice
from billing.operations.document_checks import check_documents
from billing.operations.replays import issue_corrections
from billing.queries.verification import broken_links
from billing.tasks import check_documents_task
from tests.billing.factories import AFTER_JANUARY, a_bill, a_customer, a_tariff
from tests.billing.operations.test_replays import read_again, resize
from tests.factories import a_utility

LATER = AFTER_JANUARY + timedelta(days=20)
FEBRUARY = date(2026, 2, 1)


def look() -> list[tuple[str, str, int, int]]:
    """What a check finds now."""
    check = check_documents(clock=timezone.now)
    rows = check.findings.order_by("invoice", "kind").select_related("invoice")
    return [(str(row.invoice.number), row.kind, row.before_minor, row.after_minor) for row in rows]


def tamper(statement: str, invoice_id: int) -> None:
    """Change an issued document as only somebody with the database's own key can."""
    with connection.cursor() as cursor:
        # What was issued is committed first, as it would be; the test's own transaction stays open.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, [invoice_id])
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def three(scoped: Utility) -> list[int]:
    """Three bills of January."""
    del scoped
    a_tariff()
    return [a_bill(contract=a_customer()) for _home in range(3)]


def test_bills_that_are_what_they_were_leave_no_finding(three: list[int]) -> None:
    assert look() == []
    check = DocumentCheck.objects.get()
    assert (check.bills, check.proofs, check.difference_minor) == (len(three), 3, 0)


def test_a_due_correction_is_found_until_it_is_issued(three: list[int]) -> None:
    bill = Invoice.objects.get(pk=three[1])
    read_again(bill.contract, {FEBRUARY: 3_200_000})

    assert look() == [("2026-000002", FindingKind.DIFFERS, 51_230, 54_718)]
    assert DocumentFinding.objects.get().detail == "1200 kWh × 0.16 CNY/kWh = 192.00 CNY"
    issue_corrections(bill_ids=[bill.pk], reason="Late reading.", actor=None, at=LATER)
    assert look() == []
    assert [check.difference_minor for check in DocumentCheck.objects.order_by("pk")] == [3_488, 0]


def test_a_bill_that_can_no_longer_be_rated_is_found(three: list[int]) -> None:
    bill = Invoice.objects.get(pk=three[0])
    read_again(bill.contract, {FEBRUARY: 1})

    assert look() == [("2026-000001", FindingKind.UNRATED, 51_230, 51_230)]
    assert "ran backwards" in DocumentFinding.objects.get().detail


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoiceline SET net_minor = net_minor - 1 WHERE invoice_id = %s AND position = 1",
        'UPDATE billing_invoiceline SET trace = trace || \'{"price": "0.15"}\' WHERE invoice_id = %s',
        "UPDATE billing_invoiceline SET description = 'Gift' WHERE invoice_id = %s",
        "UPDATE billing_invoice SET total_minor = total_minor - 1, net_minor = net_minor - 1 WHERE id = %s",
        "UPDATE billing_invoice SET due_on = due_on + 30 WHERE id = %s",
        "UPDATE billing_invoice SET snapshot = '{}' WHERE id = %s",
        "DELETE FROM billing_invoiceline WHERE invoice_id = %s AND position = 2",
    ],
)
def test_a_document_changed_past_every_trigger_is_found(three: list[int], statement: str) -> None:
    tamper(statement, three[1])

    assert next(row[0] for row in look() if row[1] == FindingKind.BROKEN) == "2026-000002"


def test_a_document_that_vanished_breaks_the_chain(three: list[int]) -> None:
    tamper("DELETE FROM billing_invoiceline WHERE invoice_id = %s", three[1])
    tamper("DELETE FROM billing_invoice WHERE id = %s", three[1])

    assert broken_links() == {three[2]: "2026-000003 is number 2 of its series: one is missing before it."}


def test_a_document_that_was_put_in_anothers_place_breaks_the_chain(three: list[int]) -> None:
    tamper("UPDATE billing_invoice SET sha256 = repeat('0', 64) WHERE id = %s", three[0])

    assert broken_links() == {three[1]: "The document before 2026-000002 is not the one it was issued after."}
    assert [row[0] for row in look()] == ["2026-000001", "2026-000002"]


@pytest.mark.usefixtures("db")
def test_the_task_looks_at_every_utility_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    utilities = [a_utility(), a_utility()]
    for utility in utilities:
        with utility_scope(utility):
            a_tariff()
            a_bill(contract=a_customer())
    with utility_scope(utilities[1]):
        resize(Invoice.objects.get().contract, 90)
    check_documents_task()

    with utility_scope(utilities[0]):
        assert not DocumentFinding.objects.exists()
    with utility_scope(utilities[1]):
        assert DocumentFinding.objects.get().kind == FindingKind.DIFFERS
    assert f"{utilities[1].slug}: 1 of 1 documents need a look" in caplog.text


def test_the_terminal_says_that_all_hold_or_which_do_not(scoped: Utility, three: list[int]) -> None:
    out, err = StringIO(), StringIO()
    call_command("verify_invoices", "--utility", scoped.slug, stdout=out, stderr=err)
    assert out.getvalue().splitlines() == ["3 documents", "3 documents recomputed, all hold."]

    tamper("UPDATE billing_invoice SET due_on = due_on + 30 WHERE id = %s", three[1])
    with pytest.raises(CommandError, match="1 of 3 documents do not hold"):
        call_command("verify_invoices", "--utility", scoped.slug, stdout=out, stderr=err)
    assert "2026-000002: The document was changed after it was issued" in err.getvalue()
    with pytest.raises(CommandError, match="There is no utility 'nowhere'"):
        call_command("verify_invoices", "--utility", "nowhere", stdout=out, stderr=err)
