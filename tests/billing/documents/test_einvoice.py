"""The e-invoice: valid against the standard's schema, and its sums are the document's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accounts.models import Utility
from billing.documents.einvoice import NoEInvoiceError, einvoice_of
from billing.documents.pdf import NotIssuedError
from billing.enums import CorrectionCause
from billing.models import Invoice
from billing.operations.corrections import Ground, credit_lines
from tests.billing.factories import AFTER_JANUARY, a_bill, a_customer, a_draft, a_tariff

LATER = AFTER_JANUARY + timedelta(days=2)


def texts(xml: bytes, name: str) -> list[str]:
    """What stands in every element of that name."""
    return re.findall(rf"<(?:\w+:)?{name}(?: [^>]*)?>([^<]*)<", xml.decode())


def test_a_bill_is_written_as_the_standard_asks(lawful: Invoice) -> None:
    xml = einvoice_of(lawful)

    # The library checked the schema of EN 16931; these are the sums and names.
    assert texts(xml, "TypeCode")[0] == "380"
    assert "2026-000001" in texts(xml, "ID")
    assert "SE556200907001" in texts(xml, "ID")
    assert "SE4550000000058398257466" in texts(xml, "IBANID")
    assert texts(xml, "GrandTotalAmount") == ["512.30"]
    assert texts(xml, "DuePayableAmount") == ["512.30"]
    assert texts(xml, "LineTotalAmount")[:2] == ["310.00", "160.00"]
    assert texts(xml, "BasisAmount") == ["470.00"]
    assert texts(xml, "CalculatedAmount") == ["42.30"]
    assert einvoice_of(lawful) == xml


def test_a_credit_note_is_of_its_own_type_and_names_the_bill(lawful: Invoice) -> None:
    ground = Ground(cause=CorrectionCause.AGREED, reason="Cold stairs.", actor=None)
    heat = lawful.lines.get(kind="energy")
    note = credit_lines(bill=lawful, parts={heat.pk: 10_000}, ground=ground, at=LATER)
    xml = einvoice_of(note)

    assert texts(xml, "TypeCode")[0] == "381"
    assert texts(xml, "GrandTotalAmount") == ["100.00"]
    assert texts(xml, "IssuerAssignedID")[-1] == "2026-000001"
    assert "Cold stairs." in texts(xml, "Content")


def test_without_a_country_there_is_none_and_a_draft_has_none(scoped: Utility) -> None:
    del scoped
    a_tariff()
    with pytest.raises(NoEInvoiceError, match="names the seller's country"):
        einvoice_of(Invoice.objects.get(pk=a_bill(contract=a_customer())))
    with pytest.raises(NotIssuedError, match="A draft is not printed"):
        einvoice_of(Invoice.objects.get(pk=a_draft(contract=a_customer())))
