from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Utility
from metering.enums import QuarantineState, Reason


class QuarantinedMessage(models.Model):
    """A message that could not be stored, kept whole with the reason, until somebody decides.

    The same message again is the same row. Stands above the wall: an unknown utility owns nothing.
    """

    utility = models.ForeignKey(Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    topic = models.CharField(_("topic"), max_length=512)
    payload = models.BinaryField(_("payload"))
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(_("first received"))
    last_received_at = models.DateTimeField(_("last received"))
    times_received = models.PositiveIntegerField(_("times received"), default=1)
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices)
    detail = models.TextField(_("detail"))
    state = models.CharField(
        _("state"), max_length=12, choices=QuarantineState.choices, default=QuarantineState.WAITING
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    # Why it was discarded, in the words of whoever did.
    decision = models.TextField(_("decision"), blank=True)

    class Meta:
        verbose_name = _("quarantined message")
        verbose_name_plural = _("quarantined messages")
        constraints = [
            models.UniqueConstraint(fields=["topic", "sha256"], name="metering_quarantinedmessage_kept_once"),
            models.CheckConstraint(
                name="metering_quarantinedmessage_decision_dated",
                condition=Q(state=QuarantineState.WAITING, decided_at=None)
                | (~Q(state=QuarantineState.WAITING) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="metering_quarantinedmessage_discard_says_why",
                condition=~Q(state=QuarantineState.DISCARDED) | ~Q(decision=""),
            ),
        ]
        indexes = [models.Index(fields=["utility", "state"], name="metering_quarantine_waiting")]

    def __str__(self) -> str:
        """The topic and the reason."""
        return f"{self.topic}: {self.get_reason_display()}"
