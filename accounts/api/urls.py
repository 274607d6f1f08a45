"""Addresses under /api/v1/ that accounts answers."""

from django.urls import path

from accounts.api.me import MeView
from accounts.api.tokens import TokensView, TokenView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("me/tokens", TokensView.as_view(), name="tokens"),
    path("me/tokens/<int:token_id>", TokenView.as_view(), name="token"),
]
