"""Addresses under /api/v1/ about paying online."""

from django.urls import path

from billing.api.payments import InvoicePaymentsView, PaymentView, StripeWebhookView

urlpatterns = [
    path("invoices/<int:invoice_id>/payments", InvoicePaymentsView.as_view(), name="invoice-payments"),
    path("payments/<uuid:payment_id>", PaymentView.as_view(), name="payment"),
    path("payments/stripe/webhook", StripeWebhookView.as_view(), name="stripe-webhook"),
]
