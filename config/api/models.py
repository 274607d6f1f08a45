"""What the conventions themselves remember: requests that were named by an Idempotency-Key."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

LONGEST_KEY: Final = 255


class KeyedRequest(models.Model):
    """A request that its sender named, and its answer once there is one.

    Without a status it is under way: whoever holds the ``lease`` works on it until ``leased_until``.
    After ``kept_until`` the name is free again.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=LONGEST_KEY)
    # SHA-256 over method, address and body: the same name means the same request, or nothing.
    fingerprint = models.CharField(max_length=64)
    lease = models.UUIDField()
    leased_until = models.DateTimeField()
    kept_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    # Null where the answer held a secret, which is shown once.
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="api_keyedrequest_unique_key"),
            # What was refused changed nothing, so it is not remembered.
            models.CheckConstraint(
                name="api_keyedrequest_keeps_successes",
                condition=Q(status__isnull=True) | Q(status__gte=200, status__lt=300),
            ),
            models.CheckConstraint(
                name="api_keyedrequest_kept_beyond_its_lease", condition=Q(kept_until__gt=F("leased_until"))
            ),
        ]
        indexes = [models.Index(fields=["kept_until"], name="api_keyedrequest_to_purge")]

    def __str__(self) -> str:
        """Its name."""
        return self.key
