"""A home's invoices, their lines, and how every line was computed."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from billing.api.base import InvoiceView
from billing.api.shown import InvoiceDetailSerializer, InvoiceSerializer, ProofSerializer
from billing.queries.invoices import invoices_of, with_owed
from billing.queries.proofs import proof
from billing.queries.verification import proof_faults
from config.api.pagination import NewestFirst

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
