"""Addresses under /api/v1/ that accounts answers."""

from django.urls import path

from accounts.api.me import MeView

urlpatterns = [path("me", MeView.as_view(), name="me")]
