"""The desk's pages about billing, opened and used by a clerk."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import StaffDuty
from billing.enums import InvoiceState, TariffState
from billing.models import Invoice, JournalEntry, LedgerAccount, TariffComponent, TariffPlan, TariffVersion
from tests.billing.factories import a_bill, a_customer, a_draft, a_plan, a_tariff, a_version
from tests.factories import a_clerk

MODELS = ["heatingseason", "tariffplan", "tariffversion", "invoice", "journalentry", "ledgeraccount"]


@pytest.fixture
def clerk(scoped: object, client: Client) -> Client:  # noqa: ARG001 - it is made inside the scope
    """A billing clerk at the desk."""
    client.force_login(a_clerk(duty=StaffDuty.BILLING))
    return client


def _act(client: Client, model: str, action: str, *rows: int) -> str:
    data = {"action": action, "_selected_action": [str(row) for row in rows]}
    return client.post(f"/admin/billing/{model}/", data, follow=True).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_every_page_opens(clerk: Client, model: str) -> None:
    version = a_tariff()
    invoice_id = a_bill(contract=a_customer())
    rows = {
        "heatingseason": None,
        "tariffplan": version.plan_id,
        "tariffversion": version.pk,
        "invoice": invoice_id,
        "journalentry": JournalEntry.objects.get().pk,
        "ledgeraccount": LedgerAccount.objects.earliest("pk").pk,
    }

    assert clerk.get(f"/admin/billing/{model}/").status_code == 200
    if rows[model]:
        assert clerk.get(f"/admin/billing/{model}/{rows[model]}/change/").status_code == 200


def test_an_invoice_shows_its_lines_their_trace_and_what_is_owed(clerk: Client) -> None:
    a_tariff()
    invoice_id = a_bill(contract=a_customer())
    listed = clerk.get("/admin/billing/invoice/").content.decode()
    page = clerk.get(f"/admin/billing/invoice/{invoice_id}/change/").content.decode()

    assert "512.30 CNY" in listed
    assert "1000 kWh × 0.16 CNY/kWh = 160.00 CNY" in page
    assert "&quot;energy_wh&quot;: 3000000" in page
    assert "Price decree of 2025" in page
    assert "<td>Invoice issued</td><td>2026-000001</td><td>512.30 CNY</td><td>512.30 CNY</td>" in page
    assert "_save" not in page


def test_selected_drafts_are_issued(clerk: Client) -> None:
    a_tariff()
    drafts = [a_draft(contract=a_customer()) for _home in range(2)]
    a_draft(contract=a_customer())

    assert "2 invoices are issued." in _act(clerk, "invoice", "issue_drafts", *drafts)
    states = dict(Invoice.objects.values_list("pk", "state"))
    assert [states[draft] for draft in drafts] == [InvoiceState.ISSUED, InvoiceState.ISSUED]
    assert list(states.values()).count(InvoiceState.DRAFT) == 1


def test_a_clerk_of_customer_service_sees_bills_and_issues_none(scoped: object, client: Client) -> None:
    del scoped
    a_tariff()
    draft = a_draft(contract=a_customer())
    client.force_login(a_clerk(duty=StaffDuty.SERVICE))

    assert client.get("/admin/billing/invoice/").status_code == 200
    _act(client, "invoice", "issue_drafts", draft)
    assert Invoice.objects.get().state == InvoiceState.DRAFT
    assert not JournalEntry.objects.exists()


def test_a_tariff_is_written_put_in_force_and_then_closed_to_edits(clerk: Client) -> None:
    plan = a_plan()
    prices = {
        "components-TOTAL_FORMS": "1",
        "components-INITIAL_FORMS": "0",
        "components-0-position": "1",
        "components-0-name": "Metered heat",
        "components-0-kind": "energy",
        "components-0-unit": "kWh",
        "components-0-per": "quantity",
        "components-0-price": "0.16",
        "components-0-tax_rate": "0.09",
        "components-0-tax_basis": "gross",
        "components-0-offset": "0",
        "components-0-factor": "1",
        "components-0-above": "0",
        "components-0-months": "11,12,1,2,3",
        "components-0-during": "heated",
        "components-0-banding": "choose",
        "components-0-edge_of": "home",
        "components-0-edge_per": "quantity",
    }
    version = {
        "plan": plan.pk,
        "starts_on": "2026-11-15",
        "payment_days": "30",
        "rounding": "half_up",
        "settlement": "metered",
        "surplus": "carry_over",
    }
    clerk.post("/admin/billing/tariffversion/add/", {**version, **prices})
    written = TariffVersion.objects.get()

    assert (written.settlement, written.surplus) == ("metered", "carry_over")
    assert written.components.get().months == [11, 12, 1, 2, 3]
    assert "is in force." in _act(clerk, "tariffversion", "put_in_force", written.pk)
    written.refresh_from_db()
    assert written.state == TariffState.ACTIVE
    address = f"/admin/billing/tariffversion/{written.pk}/change/"
    assert clerk.post(address, {**version, "payment_days": "1"}).status_code == 403
    written.refresh_from_db()
    assert written.payment_days == 30


def test_a_price_that_fits_no_formula_is_explained(clerk: Client) -> None:
    plan = a_plan()
    answer = clerk.post(
        "/admin/billing/tariffversion/add/",
        {
            "plan": plan.pk,
            "starts_on": "2026-11-15",
            "payment_days": "30",
            "rounding": "half_up",
            "settlement": "metered",
            "surplus": "refund",
            "components-TOTAL_FORMS": "1",
            "components-INITIAL_FORMS": "0",
            "components-0-position": "1",
            "components-0-name": "Metered heat",
            "components-0-kind": "energy",
            "components-0-unit": "m2",
            "components-0-per": "season",
            "components-0-price": "0.16",
            "components-0-tax_rate": "0",
            "components-0-tax_basis": "net",
            "components-0-offset": "0",
            "components-0-factor": "1",
            "components-0-above": "0",
            "components-0-during": "heated",
            "components-0-banding": "choose",
            "components-0-edge_of": "home",
            "components-0-edge_per": "quantity",
        },
    )

    assert "Metered heat is priced per kWh, MWh or GJ" in answer.content.decode()
    assert not TariffComponent.objects.exists()


def test_a_refused_activation_says_why(clerk: Client) -> None:
    empty = a_version(plan=a_plan(), components=())

    assert "charges for nothing" in _act(clerk, "tariffversion", "put_in_force", empty.pk)
    empty.refresh_from_db()
    assert empty.state == TariffState.DRAFT


def test_a_plan_is_written_for_the_utility_in_scope(clerk: Client, scoped: object) -> None:
    clerk.post(
        "/admin/billing/tariffplan/add/",
        {
            "name": "Heat for homes",
            "customer_class": "residential",
            "versions-TOTAL_FORMS": "0",
            "versions-INITIAL_FORMS": "0",
        },
    )

    assert TariffPlan.objects.get().utility == scoped


def test_three_invoices_take_as_many_statements_as_one(clerk: Client) -> None:
    a_tariff()
    counts = []
    for homes in (1, 2):
        for _home in range(homes):
            a_bill(contract=a_customer())
        clerk.get("/admin/billing/invoice/")
        with CaptureQueriesContext(connection) as queries:
            assert clerk.get("/admin/billing/invoice/").status_code == 200
        counts.append(len(queries))

    assert Invoice.objects.count() == 3
    assert counts[0] == counts[1]
    assert Invoice.objects.earliest("pk").period_start == date(2026, 1, 1)
