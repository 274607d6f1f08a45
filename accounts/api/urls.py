"""Addresses under /api/v1/ that accounts answers."""

from django.urls import path

from accounts.api.looks import LooksView
from accounts.api.me import MeView
from accounts.api.members import (
    AcceptView,
    InvitationsView,
    InvitationView,
    MembersView,
    MemberView,
)
from accounts.api.notices import NoticeSettingsView, NoticesView, PushSubscriptionsView
from accounts.api.outages import OutagesView
from accounts.api.privacy import ErasureView, ExportView, MyDataView
from accounts.api.tokens import TokensView, TokenView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("me/looks", LooksView.as_view(), name="looks"),
    path("me/tokens", TokensView.as_view(), name="tokens"),
    path("me/tokens/<int:token_id>", TokenView.as_view(), name="token"),
    path("me/notices", NoticesView.as_view(), name="notices"),
    path("me/notices/settings", NoticeSettingsView.as_view(), name="notice-settings"),
    path("me/data", MyDataView.as_view(), name="my-data"),
    path("me/data/export", ExportView.as_view(), name="my-export"),
    path("me/data/erasure", ErasureView.as_view(), name="my-erasure"),
    path("me/push-subscriptions", PushSubscriptionsView.as_view(), name="push-subscriptions"),
    path("households/<int:household_id>/outages", OutagesView.as_view(), name="outages"),
    path("households/<int:household_id>/members", MembersView.as_view(), name="members"),
    path("households/<int:household_id>/members/<int:membership_id>", MemberView.as_view(), name="member"),
    path("households/<int:household_id>/invitations", InvitationsView.as_view(), name="invitations"),
    path(
        "households/<int:household_id>/invitations/<int:invitation_id>",
        InvitationView.as_view(),
        name="invitation",
    ),
    path("invitations/accept", AcceptView.as_view(), name="invitation-accept"),
]
