"""The PDF of a document: printed once a language, tagged for screen readers, the same bytes ever after."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from billing.documents.printed import printed
from billing.formulas import Json
from billing.models import Invoice, PrintedDocument
from billing.queries.comparisons import comparisons

# PDF for universal access, ISO 14289: tags, language, a title, words for every picture.
VARIANT: Final = "pdf/ua-1"
PANGO: Final = "libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0"


class PdfUnavailableError(RuntimeError):
    """No PDF can be drawn on this machine; the sentence says what is missing."""


class NotIssuedError(ValueError):
    """Only issued documents are printed: a draft may still become another bill."""


def pdf_of(*, invoice: Invoice, language: str, at: datetime) -> bytes:
    """The document in ``language``, as it was first printed in it.

    What it compares with is asked for once, at the first print in any language, and kept.

    Raises:
        NotIssuedError: it is a draft.
        PdfUnavailableError: Pango is not installed.
    """
    if invoice.number is None:
        raise NotIssuedError(_("A draft is not printed; issue it first."))
    known = PrintedDocument.objects.filter(invoice=invoice, language=language).first()
    if known is not None:
        return bytes(known.pdf)
    sibling = PrintedDocument.objects.filter(invoice=invoice).first()
    facts = comparisons(invoice) if sibling is None else sibling.facts
    pdf = _draw(invoice, facts, language)
    try:
        with transaction.atomic():
            PrintedDocument.objects.create(
                invoice=invoice, language=language, facts=facts, pdf=pdf, printed_at=at
            )
    except IntegrityError:
        # Somebody else printed it at the same moment; theirs is the one that counts.
        return bytes(PrintedDocument.objects.get(invoice=invoice, language=language).pdf)
    return pdf


def _draw(invoice: Invoice, facts: Json, language: str) -> bytes:
    with translation.override(language):
        html = render_to_string("billing/document.html", printed(invoice, facts) | {"language": language})
    weasy = _weasyprint()
    # Nothing of a document comes from anywhere but itself.
    fetcher = weasy.urls.URLFetcher(allowed_protocols=["data"])
    pdf: bytes = weasy.HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_variant=VARIANT)
    return pdf


def _weasyprint() -> Any:  # noqa: ANN401 - it ships no types
    try:
        import weasyprint  # noqa: PLC0415 - it loads Pango, which a machine may lack and few processes need
    except OSError as error:
        raise PdfUnavailableError(
            _("No PDF can be drawn here: %(packages)s are not installed.") % {"packages": PANGO}
        ) from error
    return weasyprint
