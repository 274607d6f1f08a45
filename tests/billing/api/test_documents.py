"""PDF and e-invoice over HTTP: for those who live there and see money."""

import pytest
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from billing.models import Invoice, PrintedDocument
from tests.billing.documents.conftest import lawful as lawful  # noqa: PLC0414 - a fixture, shared
from tests.billing.documents.tools import needs_pango
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.factories import a_resident


@needs_pango
def test_the_pdf_comes_in_the_language_asked_for_and_as_a_file(api: APIClient, lawful: Invoice) -> None:
    api.force_login(a_resident(household=lawful.household))
    answer = api.get(
        f"/api/v1/invoices/{lawful.pk}/pdf", headers={"Accept-Language": "zh-CN", "Accept": "application/pdf"}
    )

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'inline; filename="2026-000001.pdf"'
    assert PrintedDocument.objects.get().language == "zh-hans"


def test_the_einvoice_comes_as_xml_or_says_why_not(api: APIClient, lawful: Invoice) -> None:
    api.force_login(a_resident(household=lawful.household))
    answer = api.get(f"/api/v1/invoices/{lawful.pk}/einvoice")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml")
    assert b"CrossIndustryInvoice" in answer.content


@pytest.mark.usefixtures("scoped")
def test_an_einvoice_that_cannot_be_written_is_a_problem_with_a_sentence(api: APIClient) -> None:
    a_tariff()
    invoice = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    api.force_login(a_resident(household=invoice.household))
    answer = api.get(f"/api/v1/invoices/{invoice.pk}/einvoice", headers={"Accept": "application/xml"})

    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["type"].endswith("no_einvoice")


def test_who_sees_no_money_gets_no_document(api: APIClient, lawful: Invoice) -> None:
    api.force_login(a_resident(household=lawful.household, role=MembershipRole.CARETAKER))

    for kind in ("pdf", "einvoice"):
        assert api.get(f"/api/v1/invoices/{lawful.pk}/{kind}").status_code == 403
    assert not PrintedDocument.objects.exists()
