"""Addresses under /api/v1/ that control answers."""

from django.urls import path

from control.api.comfort import ComfortView

urlpatterns = [path("households/<int:household_id>/comfort", ComfortView.as_view(), name="comfort")]
