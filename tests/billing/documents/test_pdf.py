"""The PDF: what the law asks for is on it, in two languages, for eyes and ears, and always the same bytes."""

from __future__ import annotations

import re
import zlib
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Contract, Utility
from accounts.period import Period
from billing.documents.graph import bars_svg
from billing.documents.pdf import NotIssuedError, pdf_of
from billing.documents.printed import printed
from billing.enums import CorrectionCause
from billing.models import DegreeDays, Invoice, Letterhead, PrintedDocument
from billing.operations.corrections import Ground, credit_lines
from billing.queries.comparisons import comparisons
from tests.billing.documents.tools import needs_pango
from tests.billing.factories import (
    AFTER_JANUARY,
    JANUARY,
    REGISTERS,
    a_bill,
    a_customer,
    a_draft,
    a_tariff,
)

LATER = AFTER_JANUARY + timedelta(days=2)


def html_of(invoice: Invoice, language: str = "en") -> str:
    """The document before it is drawn, its blanks evened out."""
    with translation.override(language):
        html = render_to_string("billing/document.html", printed(invoice, comparisons(invoice)))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("</style>")[2]))


@pytest.mark.parametrize(
    "sign",
    [
        # Who, to whom, which document, how much, until when, where to.
        "Bodens Energi AB",
        "Tax number SE556200907001",
        "Heat bill 2026-000001",
        "customer number",
        "For Jan. 1, 2026 to Jan. 31, 2026, both days included",
        "¥512.30",
        "by March 3, 2026",
        "to account SE4550000000058398257466, naming 2026-000001",
        # Actual prices and consumption, registers with their instants and quality.
        "1000 kWh × 0.16 CNY/kWh = 160.00 CNY",
        "9 % tax on ¥470.00: ¥42.30",
        "2,000.0 2025-12-31T16:00:00Z, Measured",
        "3,000.0 2026-01-31T16:00:00Z, Measured",
        # The same days a year before, in this year's cold: 1,200 kWh × 500 / 600.
        "These days 1,000.0 kWh, the same days a year before 1,200.0 kWh.",
        "(500.0 degree days instead of 600.0) those would have been 1,000.0 kWh: +0 %.",
        # Fuels, emissions, taxes, advice, complaints.
        "Wood chips 71.5 %, Waste heat 28.5 %. 21.3 g CO₂ per kWh; 98.0 % renewable or waste heat.",
        "Value added tax is 25 %",
        "Bleed your radiators each autumn.",
        "the National Board for Consumer Disputes",
        "Price decree of 2025",
    ],
)
def test_what_the_law_asks_for_is_printed(lawful: Invoice, sign: str) -> None:
    assert sign in html_of(lawful)


def test_the_digest_of_the_proof_is_printed(lawful: Invoice) -> None:
    assert lawful.sha256 in html_of(lawful)
    assert len(lawful.sha256) == 64


def test_without_degree_days_the_comparison_says_that_it_is_not_corrected(lawful: Invoice) -> None:
    DegreeDays.objects.filter(month__year=2025).delete()

    assert "Not corrected for the weather" in html_of(lawful)
    assert "\N{MINUS SIGN}17 %" in html_of(lawful)


@pytest.mark.usefixtures("scoped")
def test_a_bill_without_a_year_before_or_a_letterhead_says_what_is_missing() -> None:
    a_tariff()
    shown = html_of(Invoice.objects.get(pk=a_bill(contract=a_customer())))

    assert "There is no complete reading of the same days a year before" in shown
    assert "Too few homes were billed for the same days" in shown
    assert "Beijing Demo Heat" in shown


@pytest.mark.usefixtures("scoped")
def test_the_middle_of_eleven_homes_is_told_and_that_of_ten_is_not() -> None:
    a_tariff()
    bills = [
        a_bill(contract=a_customer(registers_wh={**REGISTERS, JANUARY.start: 2_000_000 - 30_010 * n}))
        for n in range(10)
    ]
    assert not {"alike_homes", "alike_wh_m2"} & comparisons(Invoice.objects.get(pk=bills[0])).keys()
    bills.append(a_bill(contract=a_customer()))
    told = comparisons(Invoice.objects.get(pk=bills[0]))

    # 1,000 kWh twice, then 1,030.01 and so on: the sixth of them on 100 m², to 100 Wh.
    assert (told["alike_homes"], told["alike_wh_m2"]) == (11, 11_200)
    assert not {"alike_homes", "alike_wh_m2"} & comparisons(_elsewhere()).keys()


def _elsewhere() -> Invoice:
    """A bill of other days, which nobody shares."""
    days = Period(date(2025, 12, 1), date(2026, 1, 1))
    contract = a_customer(registers_wh={days.start: 0, date(2026, 1, 1): 900_000})
    return Invoice.objects.get(pk=a_bill(contract=contract, period=days))


def test_a_credit_note_names_its_bill_its_reason_and_whose_money_it_is(lawful: Invoice) -> None:
    ground = Ground(cause=CorrectionCause.AGREED, reason="Cold stairs.", actor=None)
    heat = lawful.lines.get(kind="energy")
    note = credit_lines(bill=lawful, parts={heat.pk: 10_000}, ground=ground, at=LATER)
    shown = html_of(note)

    for sign in (
        "Credit note C2026-000001",
        "This document corrects 2026-000001. Reason: Cold stairs.",
        "In your favour ¥100.00",
        "(taken back from 2026-000001)",
        "¥-91.74",
    ):
        assert sign in shown


def test_what_the_tenant_before_used_is_not_told(lawful: Invoice) -> None:
    Contract.objects.filter(pk=lawful.contract_id).update(starts_on=date(2025, 11, 15))
    facts = comparisons(Invoice.objects.get(pk=lawful.pk))

    assert "before_wh" not in facts
    assert facts["energy_wh"] == 1_000_000
    assert not any(month["before_wh"] for month in facts["months"])


def test_the_document_is_chinese_for_who_reads_chinese(lawful: Invoice) -> None:
    shown = html_of(lawful, "zh-hans")

    assert "¥512.30" in shown
    assert "How it adds up" not in shown
    assert "Your heat compared" not in shown


@needs_pango
def test_the_pdf_is_tagged_titled_and_in_a_language(lawful: Invoice) -> None:
    pdf = pdf_of(invoice=lawful, language="zh-hans", at=LATER)
    text = _inflated(pdf)

    assert pdf.startswith(b"%PDF-")
    for sign in (
        b"/StructTreeRoot",
        b"/Marked true",
        b"/Lang (zh-hans)",
        b"pdfuaid:part",
        b"/Figure",
        b"/Alt",
    ):
        assert sign in text, sign
    assert re.search(rb"/BaseFont /\w+\+Noto-?S\w+-?CJK", text), "Chinese is drawn by a font that has it"


@needs_pango
def test_the_same_document_is_the_same_bytes_whatever_became_of_the_world(lawful: Invoice) -> None:
    english = pdf_of(invoice=lawful, language="en", at=LATER)
    Letterhead.objects.update(legal_name="Another AB")
    DegreeDays.objects.all().delete()
    chinese = pdf_of(invoice=lawful, language="zh-hans", at=LATER)

    assert pdf_of(invoice=lawful, language="en", at=LATER + timedelta(days=400)) == english
    assert chinese != english
    first, second = PrintedDocument.objects.order_by("pk")
    assert first.facts == second.facts
    assert first.facts["cold_kd"] == "500.0"


@needs_pango
def test_a_print_is_never_changed(lawful: Invoice) -> None:
    pdf_of(invoice=lawful, language="en", at=LATER)

    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        PrintedDocument.objects.update(pdf=b"another")


def test_a_draft_is_not_printed(scoped: Utility) -> None:
    del scoped
    a_tariff()
    with pytest.raises(NotIssuedError, match="A draft is not printed"):
        pdf_of(
            invoice=Invoice.objects.get(pk=a_draft(contract=a_customer())), language="en", at=AFTER_JANUARY
        )
    assert not PrintedDocument.objects.exists()


def test_bars_reach_as_high_as_their_values_and_gaps_stay_empty() -> None:
    svg = bars_svg([("1", 50.0, 100.0), ("2", None, 25.0)], now="now & then", before="before", unit="kWh")

    heights = [float(height) for height in re.findall(r'width="115.6" height="([\d.]+)"', svg)]
    assert heights == [142.0, 71.0, 35.5]
    assert "now &amp; then" in svg
    assert ">100 kWh<" in svg


def _inflated(pdf: bytes) -> bytes:
    """The file with its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            unpacked.append(stream)
    return pdf + b"\n".join(unpacked)
