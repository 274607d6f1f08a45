"""The document as accounts read it: EN 16931 in the CII syntax, as Factur-X writes it."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.enums import MINOR_DIGITS, Currency
from billing.documents.pdf import NotIssuedError
from billing.enums import InvoiceKind
from billing.formulas import Json
from billing.models import Invoice, InvoiceLine

LEVEL: Final = "en16931"
# UNTDID 1001. A credit note's amounts are written without their sign: the type says it.
TYPES: Final = {InvoiceKind.ADVANCE: "386", InvoiceKind.CREDIT: "381", InvoiceKind.DEBIT: "383"}
INVOICE: Final = "380"
# UNECE recommendation 20: one of it.
ONE: Final = "C62"
# UNTDID 5305: taxed at some rate, or at none.
STANDARD: Final = "S"
ZERO: Final = "Z"
# UNTDID 4461: a transfer to an account.
CREDIT_TRANSFER: Final = "30"
DAY: Final = timedelta(days=1)

InMajor = Callable[[int], str]


class NoEInvoiceError(ValueError):
    """The document cannot be written as EN 16931 asks; the sentence says what is missing."""


def einvoice_of(invoice: Invoice) -> bytes:
    """The document as XML, valid against the standard's own schema.

    Raises:
        NotIssuedError: it is a draft.
        NoEInvoiceError: the seller's country was not on the letterhead when it was issued, or the library
            refuses it.
    """
    if invoice.number is None:
        raise NotIssuedError(_("A draft is not printed; issue it first."))
    if "country_code" not in invoice.snapshot["seller"]:
        raise NoEInvoiceError(
            _("An e-invoice names the seller's country, which was on no letterhead when this was issued.")
        )
    # Loaded only here: seconds of schemas come with it.
    library = importlib.import_module("facturx.generate_xml")
    try:
        # The rules beyond the schema would need a Saxon server beside us, so only the schema is checked.
        xml = library.generate_cii_xml(_terms(invoice), level=LEVEL, check_xsd=True, check_schematron=None)
    except (ValueError, AssertionError) as error:
        raise NoEInvoiceError(_("The e-invoice is refused: %(error)s") % {"error": error}) from error
    return bytes(xml)


def _terms(invoice: Invoice) -> Json:
    """The business terms (BT) and groups (BG) of the standard."""
    sign = -1 if invoice.kind == InvoiceKind.CREDIT else 1
    digits = MINOR_DIGITS[Currency(invoice.currency)]

    def major(minor: int) -> str:
        return f"{Decimal(sign * minor).scaleb(-digits):.{digits}f}"

    lines = list(invoice.lines.order_by("position"))
    return {
        "BT-1": invoice.number,
        "BT-2": invoice.utility.local_date(invoice.issued_at or invoice.drafted_at),
        "BT-3": TYPES.get(InvoiceKind(invoice.kind), INVOICE),
        "BT-5": invoice.currency,
        "BT-9": invoice.due_on,
        "BT-10": invoice.snapshot["customer"]["number"],
        "BT-72": invoice.period_end - DAY,
        "BT-73": invoice.period_start,
        # The standard names the last day, not the day after it.
        "BT-74": invoice.period_end - DAY,
        "BT-106": major(invoice.net_minor),
        "BT-109": major(invoice.net_minor),
        "BT-110": major(invoice.tax_minor),
        "BT-112": major(invoice.total_minor),
        "BT-115": major(invoice.total_minor),
        "BG-23": _taxes(lines, major),
        "BG-25": [_line(line, sign * line.net_minor, major, sign) for line in lines],
        **_parties(invoice),
        **_payment(invoice),
        **_correction(invoice),
    }


def _parties(invoice: Invoice) -> Json:
    seller, home = invoice.snapshot["seller"], invoice.snapshot["home"]
    address = {"country_code": seller["country_code"]}
    place = {"addr_l1": "street", "postcode": "postcode", "city": "city"}
    identity = {"vat_identifier": "tax_number", "legal_identifier": "registration_number"}
    known = {term: seller[name] for term, name in (place | identity).items() if seller.get(name)}
    flat = " ".join(filter(None, (home["building"], home["flat"])))
    return {
        "BG-4": {"name": seller["name"], **address, **known},
        "BG-7": {
            "name": invoice.snapshot["customer"]["name"],
            "addr_l1": home["address"],
            "addr_l2": flat,
            **address,
        },
    }


def _payment(invoice: Invoice) -> Json:
    account = invoice.snapshot["seller"].get("bank_account")
    if not account or invoice.total_minor < 0:
        return {}
    return {"BT-81": CREDIT_TRANSFER, "BT-83": invoice.number, "BT-84": account}


def _correction(invoice: Invoice) -> Json:
    if invoice.corrects is None:
        return {}
    return {"BG-3": [{"BT-25": invoice.corrects.number}], "BG-1": [{"BT-22": invoice.reason}]}


def _taxes(lines: list[InvoiceLine], major: InMajor) -> list[Json]:
    sums: dict[Decimal, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        sums[line.tax_rate][0] += line.net_minor
        sums[line.tax_rate][1] += line.tax_minor
    return [
        {"BT-116": major(net), "BT-117": major(tax), **_rate("BT-118", "BT-119", rate)}
        for rate, (net, tax) in sorted(sums.items())
    ]


def _line(line: InvoiceLine, net_minor: int, major: InMajor, sign: int) -> Json:
    """One of it at what it comes to: a price by the share of a season is no quantity times a price."""
    return {
        "BT-126": str(line.position),
        "BT-127-00": [{"BT-127": line.formula}],
        "BT-129": "-1" if net_minor < 0 else "1",
        "BT-130": ONE,
        "BT-131": major(line.net_minor),
        # Never below zero; the quantity carries the sign.
        "BT-146": major(sign * abs(net_minor)),
        "BT-134": line.period_start,
        "BT-135": line.period_end - DAY,
        "BT-153": line.description,
        **_rate("BT-151", "BT-152", line.tax_rate),
    }


def _rate(category: str, percent: str, rate: Decimal) -> dict[str, Any]:
    return {category: STANDARD if rate else ZERO, percent: f"{rate * 100:.2f}"}
