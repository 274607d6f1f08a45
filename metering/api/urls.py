"""Addresses under /api/v1/ that metering answers."""

from django.urls import path

from metering.api.claims import ClaimView
from metering.api.consumption import ConsumptionView
from metering.api.households import HouseholdNowView, HouseholdsView
from metering.api.live import TicketView
from metering.api.moves import MoveView

urlpatterns = [
    path("households", HouseholdsView.as_view(), name="households"),
    path("households/claim", ClaimView.as_view(), name="household-claim"),
    path("households/<int:household_id>", HouseholdNowView.as_view(), name="household"),
    path(
        "households/<int:household_id>/consumption", ConsumptionView.as_view(), name="household-consumption"
    ),
    path("households/<int:household_id>/move-out", MoveView.as_view(), name="move-out"),
    path("live/tickets", TicketView.as_view(), name="live-tickets"),
]
