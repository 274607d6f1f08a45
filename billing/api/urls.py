"""Addresses under /api/v1/ that billing answers; those of payments are in `payment_urls`."""

from django.urls import path

from billing.api.explanations import InvoiceExplanationView
from billing.api.forecasts import SeasonForecastView
from billing.api.invoices import (
    HouseholdInvoicesView,
    InvoiceDetailView,
    InvoicePdfView,
    InvoiceProofView,
    InvoiceXmlView,
)
from billing.api.similar import SimilarHomesView

urlpatterns = [
    path(
        "households/<int:household_id>/season-forecast", SeasonForecastView.as_view(), name="season-forecast"
    ),
    path("households/<int:household_id>/similar-homes", SimilarHomesView.as_view(), name="similar-homes"),
    path("households/<int:household_id>/invoices", HouseholdInvoicesView.as_view(), name="invoices"),
    path("invoices/<int:invoice_id>", InvoiceDetailView.as_view(), name="invoice"),
    path(
        "invoices/<int:invoice_id>/explanation", InvoiceExplanationView.as_view(), name="invoice-explanation"
    ),
    path("invoices/<int:invoice_id>/proof", InvoiceProofView.as_view(), name="invoice-proof"),
    path("invoices/<int:invoice_id>/pdf", InvoicePdfView.as_view(), name="invoice-pdf"),
    path("invoices/<int:invoice_id>/einvoice", InvoiceXmlView.as_view(), name="invoice-einvoice"),
]
