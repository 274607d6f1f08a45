"""Bank transfers: imported once, on suspense until matched, matched by themselves where it is sure."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.utils import timezone

from accounts.enums import StaffDuty
from billing.models import BankLine, BankMatch, BankStatement, Invoice
from billing.operations.bank import BankMatchError, Imported, import_statement, match_line, undo_match
from billing.queries.bank import suggestions_for
from billing.references import payment_reference
from tests.billing.factories import JANUARY, a_bill, a_customer
from tests.billing.paying import balances, owed_minor
from tests.factories import a_clerk, a_user

TOTAL = 51_230
HEAD = "line_id,booked_on,amount,currency,payer_name,payer_account,reference\n"
LINES = "/admin/billing/bankline/"


def _take(*rows: str, dry_run: bool = False) -> Imported:
    content = (HEAD + "".join(f"{row}\n" for row in rows)).encode()
    return import_statement(content=content, file_name="feb.csv", by=None, at=timezone.now(), dry_run=dry_run)


def _row(bill: Invoice, *, line_id: str = "a1", amount: str = "512.30") -> str:
    return f"{line_id},2026-02-10,{amount},CNY,Li Na,62220,{payment_reference(bill.number or '')}"


def test_a_transfer_with_the_reference_pays_the_bill(bill: Invoice) -> None:
    done = _take(_row(bill))

    assert (done.new, done.matched, done.to_match) == (1, 1, 0)
    assert owed_minor(bill) == 0
    assert (balances()["bank"], balances()["suspense"]) == (TOTAL, 0)
    match = BankMatch.objects.get()
    assert (match.confidence, match.signs, match.matched_by) == (100, "reference, amount, name", None)


def test_the_same_line_counts_once_in_whatever_file(bill: Invoice) -> None:
    _take(_row(bill))

    again = _take(_row(bill), _row(bill, line_id="a2", amount="-3.00"))

    assert (again.new, again.known, again.outgoing) == (1, 1, 1)
    assert balances()["bank"] == TOTAL
    assert [line.state for line in BankLine.objects.order_by("line_id")] == ["matched", "ignored"]


def test_the_very_same_file_is_known_whatever_its_lines_were_called(bill: Invoice) -> None:
    rows = (_row(bill), "b1,2026-02-11,3.00,CNY,,,", "b2,2026-02-11,3.00,CNY,,,")
    _take(*rows)
    # As an import that named lines by another rule left them; nobody can do this to a line now.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        BankLine.objects.update(line_id=Concat(Value("old-"), Cast("pk", CharField())))
        cursor.execute("SET LOCAL session_replication_role = origin")

    again = _take(*rows)

    assert (again.new, again.known) == (0, 3)
    assert balances()["bank"] == TOTAL + 600


def test_a_name_that_stands_for_other_money_is_an_error_and_not_known(bill: Invoice) -> None:
    _take(_row(bill))

    other = _take(
        "a1,2026-03-10,7.00,CNY,,,", "b1,2026-03-10,8.00,CNY,,,", "b1,2026-03-10,9.00,CNY,,,", "b1,x,1,CNY,,,"
    )

    assert (other.new, other.known) == (1, 0)
    assert [row for row, _reason in other.errors] == [2, 4, 5]
    assert other.errors[0][1] == "'a1' is the name of another line, of another amount"
    assert balances()["bank"] == TOTAL + 800


def test_a_long_name_is_known_again(bill: Invoice) -> None:
    row = _row(bill, line_id="a" * 300)

    assert [_take(row).new, _take(row).known] == [1, 1]
    assert balances()["bank"] == TOTAL


def test_only_trying_keeps_nothing(bill: Invoice) -> None:
    tried = _take(_row(bill), "bad,,1,CNY,,,", dry_run=True)

    assert (tried.new, tried.matched, len(tried.errors)) == (1, 1, 1)
    assert not BankStatement.objects.exists()
    assert owed_minor(bill) == TOTAL


def test_what_is_not_sure_waits_on_suspense_with_suggestions(bill: Invoice) -> None:
    done = _take("a1,2026-02-10,512.30,CNY,Somebody,,heat")

    line = BankLine.objects.get()
    assert (done.matched, done.to_match, line.state) == (0, 1, "open")
    assert balances()["suspense"] == -TOTAL
    assert [each.invoice_id for each in suggestions_for([line])[line.pk]] == [bill.pk]


def test_too_much_pays_the_customers_next_bill(bill: Invoice) -> None:
    _take(_row(bill, amount="600.00"))

    assert owed_minor(bill) == 0
    assert balances()["customer_credit"] == TOTAL - 60_000


def test_a_match_can_be_undone_and_made_anew(bill: Invoice) -> None:
    other = Invoice.objects.get(pk=a_bill(contract=a_customer(), period=JANUARY))
    _take(_row(bill))
    match, clerk = BankMatch.objects.get(), a_user()

    for _twice in range(2):
        undo_match(match=match, by=clerk, at=timezone.now())
    undone = (owed_minor(bill), balances()["suspense"])
    match_line(line=BankLine.objects.get(), invoice=other, by=clerk, at=timezone.now())

    assert undone == (TOTAL, -TOTAL)
    assert (owed_minor(bill), owed_minor(other), balances()["suspense"]) == (TOTAL, 0, 0)
    assert BankMatch.objects.filter(undone_at=None).count() == 1


def test_a_line_pays_one_bill_at_a_time(bill: Invoice) -> None:
    _take(_row(bill))

    with pytest.raises(BankMatchError):
        match_line(line=BankLine.objects.get(), invoice=bill, by=None, at=timezone.now())
    assert BankMatch.objects.count() == 1


def test_the_second_time_the_payers_account_is_known(bill: Invoice) -> None:
    _take(_row(bill))
    contract = bill.contract
    undo_match(match=BankMatch.objects.get(), by=a_user(), at=timezone.now())
    match_line(line=BankLine.objects.get(), invoice=bill, by=None, at=timezone.now())
    later = Invoice.objects.get(pk=a_bill(contract=a_customer(), period=JANUARY))
    assert later.contract_id != contract.pk

    _take("b1,2026-03-10,512.30,CNY,Li Na,62220,heat")

    line = BankLine.objects.get(line_id="b1")
    # The bill is paid; the other customer's has the amount alone.
    assert [each.signs for each in suggestions_for([line])[line.pk]] == [("amount", "name")]


def test_what_the_bank_booked_is_never_changed(bill: Invoice) -> None:
    _take(_row(bill))

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        BankLine.objects.update(amount_minor=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        BankLine.objects.all().delete()


def test_a_clerk_imports_matches_and_undoes_at_the_desk(client: Client, bill: Invoice) -> None:
    client.force_login(a_clerk(duty=StaffDuty.BILLING))
    file = _file("a1,2026-02-10,512.30,CNY,Somebody,,heat")
    tried = client.post(f"{LINES}import/", {"file": file, "dry_run": "on"})
    nothing = BankLine.objects.exists()
    client.post(f"{LINES}import/", {"file": _file("a1,2026-02-10,512.30,CNY,Somebody,,heat")})
    line = BankLine.objects.get()

    listed = client.get(LINES).content.decode()
    page = client.get(f"{LINES}{line.pk}/change/").content.decode()
    client.post(f"{LINES}{line.pk}/match/", {"number": bill.number})
    paid = owed_minor(bill)
    client.post(f"{LINES}{line.pk}/undo/")

    assert tried.status_code == 200
    assert not nothing
    assert "512.30 CNY" in listed
    assert bill.number is not None
    assert bill.number in page
    assert "30&nbsp;%" in page
    assert (paid, owed_minor(bill)) == (0, TOTAL)


def test_a_clerk_of_another_duty_matches_nothing(client: Client, bill: Invoice) -> None:
    _take("a1,2026-02-10,512.30,CNY,Somebody,,heat")
    line = BankLine.objects.get()
    client.force_login(a_clerk(duty=StaffDuty.SERVICE))

    client.post(f"{LINES}{line.pk}/match/", {"number": bill.number})
    client.post(f"{LINES}import/", {"file": _file("a2,2026-02-10,1.00,CNY,,,")})

    assert owed_minor(bill) == TOTAL
    assert BankLine.objects.count() == 1


def _file(row: str) -> object:
    return SimpleUploadedFile("feb.csv", f"{HEAD}{row}\n".encode())
