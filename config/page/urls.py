"""Addresses of the resident's page."""

from django.urls import path

from config.page.views import (
    autopay,
    bills,
    claims,
    comfort,
    devices,
    home,
    looks,
    members,
    notices,
    payments,
    privacy,
    shell,
    tokens,
)

app_name = "page"
urlpatterns = [
    path("", home.Entry.as_view(), name="home"),
    path("homes/claim", claims.ClaimPage.as_view(), name="claim"),
    path("homes/<int:household_id>/", home.HouseholdPage.as_view(), name="household"),
    path("homes/<int:household_id>/season", home.SeasonPage.as_view(), name="season"),
    path("homes/<int:household_id>/similar", home.SimilarPage.as_view(), name="similar"),
    path("homes/<int:household_id>/use", home.UsePart.as_view(), name="use"),
    path("homes/<int:household_id>/comfort", comfort.ComfortPart.as_view(), name="comfort"),
    path("homes/<int:household_id>/feedback", comfort.FeedbackPage.as_view(), name="feedback"),
    path("homes/<int:household_id>/bills/<int:invoice_id>/", bills.BillPage.as_view(), name="bill"),
    path(
        "homes/<int:household_id>/bills/<int:invoice_id>/explained",
        bills.ExplainedPage.as_view(),
        name="explained",
    ),
    path("homes/<int:household_id>/bills/<int:invoice_id>/pay", payments.Pay.as_view(), name="pay"),
    path("homes/<int:household_id>/bills/<int:invoice_id>/plan", payments.Plan.as_view(), name="plan"),
    path("homes/<int:household_id>/autopay", autopay.AutopayPage.as_view(), name="autopay"),
    path("homes/<int:household_id>/people", members.MembersPage.as_view(), name="members"),
    path(
        "homes/<int:household_id>/people/<int:membership_id>/end",
        members.MemberEnd.as_view(),
        name="member-end",
    ),
    path(
        "homes/<int:household_id>/people/invitations/<int:invitation_id>/end",
        members.InvitationEnd.as_view(),
        name="invitation-end",
    ),
    path("homes/<int:household_id>/move-out", members.MovePage.as_view(), name="move"),
    path("homes/<int:household_id>/outages", notices.OutagesPage.as_view(), name="outages"),
    path("notices", notices.NoticesPage.as_view(), name="notices"),
    path("notices/settings", notices.NoticeSettingsPage.as_view(), name="notice-settings"),
    path("data", privacy.PrivacyPage.as_view(), name="privacy"),
    path("data/archive", privacy.Archive.as_view(), name="archive"),
    path("devices", devices.DevicesPage.as_view(), name="devices"),
    path("join", members.JoinPage.as_view(), name="join"),
    path("pay/return", payments.PayReturn.as_view(), name="pay-return"),
    path("bills/<int:invoice_id>", payments.BillAddress.as_view(), name="bill-address"),
    path("keys", tokens.TokensPage.as_view(), name="tokens"),
    path("keys/<int:token_id>/end", tokens.TokenEnd.as_view(), name="token-end"),
    path("looks", looks.LooksPage.as_view(), name="looks"),
    path("looks/end", looks.LookEnd.as_view(), name="look-end"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
    path("sw.js", shell.worker, name="worker"),
    path("offline", shell.offline, name="offline"),
]
