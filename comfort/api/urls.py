"""Addresses under /api/v1/ that comfort answers."""

from django.urls import path

from comfort.api.cold import ColdView
from comfort.api.feedback import FeedbackView
from comfort.api.rooms import RoomsView, TemperaturesView

urlpatterns = [
    path("households/<int:household_id>/rooms", RoomsView.as_view(), name="rooms"),
    path(
        "households/<int:household_id>/rooms/<int:room_id>/temperatures",
        TemperaturesView.as_view(),
        name="room-temperatures",
    ),
    path("households/<int:household_id>/feedback", FeedbackView.as_view(), name="feedback"),
    path("households/<int:household_id>/cold", ColdView.as_view(), name="cold"),
]
