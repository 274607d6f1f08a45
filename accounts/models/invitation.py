from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import MembershipRole
from accounts.models.network import Household
from accounts.models.people import Membership, User
from accounts.scope import TenantModel


class Invitation(TenantModel):
    """A code with which one person enters a home, once; itself kept only as a digest."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=16, choices=MembershipRole.choices)
    # For whom, in the words of the one who invites.
    name = models.CharField(_("for whom"), max_length=60, blank=True)
    # The day on which the membership will end; open where it is for good.
    ends_on = models.DateField(_("until before"), null=True, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    # What it became; empty again where the membership held for less than a day.
    membership = models.OneToOneField(
        Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitation"
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                name="accounts_invitation_ends", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="accounts_invitation_makes_no_owner", condition=~Q(role=MembershipRole.OWNER)
            ),
            models.CheckConstraint(
                name="accounts_invitation_accepted_or_revoked",
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="accounts_invitation_became_by_acceptance",
                condition=Q(membership__isnull=True) | Q(accepted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """For whom, as what."""
        return f"{self.name or '?'} ({self.get_role_display()})"

    def is_open(self, at: datetime) -> bool:
        """Whether its code still opens the home at ``at``."""
        return self.revoked_at is None and self.accepted_at is None and at < self.expires_at
