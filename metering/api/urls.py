"""Addresses under /api/v1/ that metering answers."""

from django.urls import path

from metering.api.live import TicketView

urlpatterns = [path("live/tickets", TicketView.as_view(), name="live-tickets")]
