from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import TokenScope
from accounts.models.people import User


class AccessToken(models.Model):
    """A key with which a person's own program reads their own data; itself kept only as a digest."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(_("name"), max_length=60)
    scopes = ArrayField(
        models.CharField(max_length=16, choices=TokenScope.choices), verbose_name=_("may read")
    )
    digest = models.CharField(max_length=64, unique=True)
    # The beginning, so that its owner knows which one it is.
    prefix = models.CharField(max_length=12)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        constraints = [
            models.CheckConstraint(
                name="accounts_accesstoken_ends", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="accounts_accesstoken_reads_something",
                condition=Q(scopes__len__gt=0) & Q(scopes__contained_by=TokenScope.values),
            ),
        ]

    def __str__(self) -> str:
        """Its name and how it begins."""
        return f"{self.name} ({self.prefix}…)"

    def holds(self, at: datetime) -> bool:
        """Whether it opens anything at ``at``."""
        return self.revoked_at is None and at < self.expires_at
