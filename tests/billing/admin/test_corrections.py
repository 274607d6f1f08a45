"""A clerk corrects bills at the desk: sees what would change, says why, issues."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import StaffDuty
from billing.models import Invoice
from billing.operations.document_checks import check_documents
from billing.queries.corrections import charged_lines
from tests.billing.factories import a_bill, a_customer, a_draft, a_tariff
from tests.billing.operations.test_replays import read_again
from tests.factories import a_clerk

PAGE = "/admin/billing/invoice/corrections/"
FEBRUARY = date(2026, 2, 1)


@pytest.fixture
def clerk(scoped: object, client: Client) -> Client:  # noqa: ARG001 - it is made inside the scope
    """A billing clerk at the desk, and the tariff."""
    a_tariff()
    client.force_login(a_clerk(duty=StaffDuty.BILLING))
    return client


def a_wrong_bill() -> Invoice:
    """A bill of 1,000 kWh for a home that used 1,200."""
    contract = a_customer()
    bill = Invoice.objects.get(pk=a_bill(contract=contract))
    read_again(contract, {FEBRUARY: 3_200_000})
    return bill


def page_of(bill: Invoice, *rest: str) -> str:
    """An address about one bill."""
    return "/".join(["/admin/billing/invoice", str(bill.pk), *rest, ""])


def test_the_page_shows_old_new_and_difference_of_every_line_and_issues(clerk: Client) -> None:
    bill = a_wrong_bill()
    shown = clerk.get(PAGE, {"bills": bill.pk}).content.decode()

    for sign in (
        "1000 kWh × 0.16 CNY/kWh = 160.00 CNY",
        "1200 kWh × 0.16 CNY/kWh = 192.00 CNY",
        "A debit note of 34.88 CNY.",
        "512.30 CNY",
        "547.18 CNY",
        "1 further line stays as it is.",
    ):
        assert sign in shown
    form = {"bill": [bill.pk], f"difference-{bill.pk}": "3488", "reason": "The meter was read late."}
    answer = clerk.post(f"{PAGE}?bills={bill.pk}", form, follow=True)

    assert "1 correction is issued." in answer.content.decode()
    note = Invoice.objects.get(corrects=bill)
    assert (note.total_minor, note.reason) == (3_488, "The meter was read late.")
    assert note.actor is not None
    assert "There is nothing to correct." in clerk.get(PAGE, {"bills": bill.pk}).content.decode()


def test_what_changed_since_the_preview_is_not_issued(clerk: Client) -> None:
    bill = a_wrong_bill()
    form = {"bill": [bill.pk], f"difference-{bill.pk}": "3488", "reason": "Late reading."}
    read_again(bill.contract, {FEBRUARY: 3_400_000})
    answer = clerk.post(f"{PAGE}?bills={bill.pk}", form)

    assert answer.status_code == 409
    assert "The facts behind 2026-000001 changed since you looked." in answer.content.decode()
    assert "1400 kWh" in answer.content.decode()
    assert not Invoice.objects.filter(corrects=bill).exists()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"reason": "Why not."}, "Choose at least one bill."),
        ({"reason": " "}, "A correction needs its reason."),
    ],
)
def test_a_form_that_says_too_little_is_refused(
    clerk: Client, form: dict[str, object], sentence: str
) -> None:
    bill = a_wrong_bill()
    if "Choose" not in sentence:
        form |= {"bill": [bill.pk], f"difference-{bill.pk}": "3488"}
    answer = clerk.post(f"{PAGE}?bills={bill.pk}", form)

    assert sentence in answer.content.decode()
    assert not Invoice.objects.filter(corrects=bill).exists()


def test_without_names_the_page_shows_what_the_night_found(clerk: Client) -> None:
    assert "No check has been made yet." in clerk.get(PAGE).content.decode()
    bill = a_wrong_bill()
    a_bill(contract=a_customer())
    check_documents(clock=timezone.now)
    shown = clerk.get(PAGE).content.decode()

    assert f"bill-{bill.pk}" in shown
    assert shown.count("A debit note of") == 1
    listed = clerk.get("/admin/billing/documentfinding/").content.decode()
    assert "Would be another amount today" in listed
    assert "547.18 CNY" in listed
    assert clerk.get("/admin/billing/documentcheck/").status_code == 200


def test_findings_and_bills_lead_to_the_page(clerk: Client) -> None:
    bill = a_wrong_bill()
    check_documents(clock=timezone.now)
    finding = check_documents(clock=timezone.now).findings.get()
    for model, row in (("documentfinding", finding.pk), ("invoice", bill.pk)):
        data = {"action": "preview_corrections", "_selected_action": [str(row)]}
        answer = clerk.post(f"/admin/billing/{model}/", data)
        assert answer["Location"] == f"{PAGE}?bills={bill.pk}"
    assert clerk.get(page_of(bill, "correct"))["Location"] == f"{PAGE}?bills={bill.pk}"


def test_a_bill_that_cannot_be_rated_says_so_and_offers_no_choice(clerk: Client) -> None:
    bill = a_wrong_bill()
    read_again(bill.contract, {FEBRUARY: 5})
    shown = clerk.get(PAGE, {"bills": bill.pk}).content.decode()

    assert "It cannot be rated anew, so nothing is changed:" in shown
    assert f"choose-{bill.pk}" not in shown


def test_lines_are_credited_in_a_dialog(clerk: Client) -> None:
    bill = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    heat = bill.lines.get(kind="energy")
    dialog = clerk.get(page_of(bill, "credit")).content.decode()
    assert "Metered heat, 174.40 CNY left" in dialog

    form = {f"line_{heat.pk}": "100.00", "reason": "Cold stairs.", "_form_submitted": "on"}
    answer = clerk.post(page_of(bill, "credit"), form)

    assert answer["HX-Redirect"] == page_of(bill, "change")
    note = Invoice.objects.get(corrects=bill)
    assert (note.total_minor, note.cause) == (-10_000, "agreed")
    assert "C2026-000001" in clerk.get(page_of(bill, "change")).content.decode()


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "Say how much of which line is credited."),
        ("0.001", "more decimals than the currency"),
    ],
)
def test_a_credit_of_nothing_or_of_half_a_fen_is_explained(clerk: Client, amount: str, sentence: str) -> None:
    bill = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    heat = bill.lines.get(kind="energy")
    form = {f"line_{heat.pk}": amount, "reason": "Why.", "_form_submitted": "on"}

    assert sentence in clerk.post(page_of(bill, "credit"), form).content.decode()
    assert not Invoice.objects.filter(corrects=bill).exists()


def test_too_much_is_refused_with_a_sentence(clerk: Client) -> None:
    bill = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    heat = bill.lines.get(kind="energy")
    form = {f"line_{heat.pk}": "200", "reason": "Why.", "_form_submitted": "on"}
    clerk.post(page_of(bill, "credit"), form)

    assert "no part of 174.40 CNY" in clerk.get(page_of(bill, "change")).content.decode()


def test_a_bill_is_cancelled_and_offers_nothing_more(clerk: Client) -> None:
    bill = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    clerk.post(page_of(bill, "cancel"), {"reason": "Wrong days.", "_form_submitted": "on"})
    shown = clerk.get(page_of(bill, "change")).content.decode()

    assert "its days can be billed again." in shown
    assert "/credit/" not in shown
    assert "/proof/" in shown
    assert all(not charge.left_minor for charge in charged_lines([bill.pk])[bill.pk])


def test_the_proof_is_a_file(clerk: Client) -> None:
    bill = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    answer = clerk.get(page_of(bill, "proof"))

    assert answer["Content-Disposition"] == 'attachment; filename="2026-000001.json"'
    assert answer.json()["sha256"] == bill.sha256
    draft = Invoice.objects.get(pk=a_draft(contract=a_customer()))
    assert clerk.get(page_of(draft, "proof")).status_code == 404


@pytest.mark.parametrize("duty", [StaffDuty.SERVICE, StaffDuty.AUDITOR, StaffDuty.NETWORK])
def test_who_bills_nobody_corrects_nothing(scoped: object, client: Client, duty: StaffDuty) -> None:
    del scoped
    a_tariff()
    bill = a_wrong_bill()
    client.force_login(a_clerk(duty=duty))

    assert client.get(PAGE, {"bills": bill.pk}).status_code == 403
    assert client.post(PAGE, {"bill": [bill.pk], "reason": "?"}).status_code == 403
    for action in ("credit", "cancel", "correct"):
        assert client.get(page_of(bill, action)).status_code == 403
    assert client.get(page_of(bill, "proof")).status_code == 200
    assert not Invoice.objects.filter(corrects=bill).exists()
