"""A home's invoices, their lines, and how every line was computed."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from billing.api.base import InvoiceView
from billing.api.shown import InvoiceDetailSerializer, InvoiceSerializer, ProofSerializer
from billing.documents.einvoice import NoEInvoiceError, einvoice_of
from billing.documents.pdf import PdfUnavailableError, pdf_of
from billing.queries.invoices import invoices_of, with_owed
from billing.queries.proofs import proof
from billing.queries.verification import proof_faults
from config.api.pagination import NewestFirst
from config.api.problem import DomainProblem

PAGE = inline_serializer(
    "InvoicePage",
    {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": InvoiceSerializer(many=True),
    },
)
CURSOR = [
    OpenApiParameter(name, type_, OpenApiParameter.QUERY, description=text)
    for name, type_, text in (
        ("cursor", OpenApiTypes.STR, "Where a page begins; taken from `next` or `previous`."),
        ("page_size", OpenApiTypes.INT, "How many, at most 200."),
    )
]


class HouseholdInvoicesView(HouseholdView):
    """The invoices of a home."""

    token_scope = TokenScope.BILLS
    needs_money = True

    @extend_schema(responses=PAGE, parameters=CURSOR, tags=["invoices"])
    def get(self, request: Request, household_id: int) -> Response:
        """Issued invoices, newest first, with what is still owed on each."""
        del household_id  # the base view has found the home
        pages = NewestFirst()
        page = pages.paginate_queryset(with_owed(invoices_of(self.access)), request, view=self)
        context = {"today": self.access.utility.local_date(timezone.now())}
        return pages.get_paginated_response(InvoiceSerializer(page, many=True, context=context).data)


class InvoiceDetailView(InvoiceView):
    """One invoice."""

    token_scope = TokenScope.BILLS

    @extend_schema(responses=InvoiceDetailSerializer, tags=["invoices"])
    def get(self, _request: Request, invoice_id: int) -> Response:
        """The invoice with its lines and everything printed."""
        # The base view has found the invoice; this reads it again with its lines and what is owed.
        invoice = with_owed(invoices_of(self.access)).prefetch_related("lines").get(pk=invoice_id)
        context = {
            "today": self.access.utility.local_date(timezone.now()),
            "currency": invoice.currency,
        }
        return Response(InvoiceDetailSerializer(invoice, context=context).data)


class InvoiceProofView(InvoiceView):
    """How one invoice was computed."""

    token_scope = TokenScope.BILLS

    @extend_schema(responses=ProofSerializer, tags=["invoices"])
    def get(self, _request: Request, invoice_id: int) -> Response:
        """Every line's registers, days, prices and rounding, computed again while you wait."""
        del invoice_id  # the base view has found the invoice
        faults = proof_faults([self.invoice]).get(self.invoice.pk, [])
        answer = {
            "id": self.invoice.pk,
            "number": self.invoice.number,
            "holds": not faults,
            "faults": faults,
            "proof": proof(self.invoice, self.invoice.lines.order_by("position")),
        }
        return Response(ProofSerializer(answer).data)


class AsItIs(BaseContentNegotiation):
    """A file is what it is, whatever the client would rather have; its errors are JSON."""

    def select_renderer(
        self, _request: Request, renderers: Iterable[BaseRenderer], _suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer, which only ever writes errors."""
        first = next(iter(renderers))
        return first, first.media_type


class InvoicePdfView(InvoiceView):
    """A document as people keep it."""

    content_negotiation_class = AsItIs

    @extend_schema(
        responses={(HTTPStatus.OK.value, "application/pdf"): OpenApiTypes.BINARY}, tags=["invoices"]
    )
    def get(self, _request: Request, invoice_id: int) -> HttpResponse:
        """The PDF in the language asked for, tagged for screen readers; always the same bytes."""
        del invoice_id  # the base view has found the invoice
        try:
            pdf = pdf_of(invoice=self.invoice, language=get_language() or "en", at=timezone.now())
        except PdfUnavailableError as error:
            raise DomainProblem(
                code="pdf_unavailable", detail=str(error), status=HTTPStatus.SERVICE_UNAVAILABLE
            ) from error
        return _file(pdf, "application/pdf", f"{self.invoice.number}.pdf")


class InvoiceXmlView(InvoiceView):
    """A document as accounts read it."""

    content_negotiation_class = AsItIs

    @extend_schema(
        responses={(HTTPStatus.OK.value, "application/xml"): OpenApiTypes.BINARY}, tags=["invoices"]
    )
    def get(self, _request: Request, invoice_id: int) -> HttpResponse:
        """The e-invoice of EN 16931, in the CII syntax."""
        del invoice_id  # the base view has found the invoice
        try:
            xml = einvoice_of(self.invoice)
        except NoEInvoiceError as error:
            raise DomainProblem(code="no_einvoice", detail=str(error)) from error
        return _file(xml, "application/xml", f"{self.invoice.number}.xml")


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)
