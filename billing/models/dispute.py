from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from billing.enums import DisputeState
from billing.models.payment import PaymentAttempt


class Dispute(TenantModel):
    """A cardholder's objection to one payment, as the provider tells it, and what we booked for it."""

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="disputes")
    provider_dispute_id = models.CharField(_("at the provider"), max_length=255, unique=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=60)
    state = models.CharField(_("state"), max_length=8, choices=DisputeState.choices)
    opened_at = models.DateTimeField(_("opened"))
    answer_by = models.DateTimeField(_("answer by"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # What stands on the books because of it: taken by the bank, and owed again by the customer.
    withdrawn_minor = models.BigIntegerField(_("withdrawn"), default=0)
    reopened_minor = models.BigIntegerField(_("owed again"), default=0)
    steps = models.PositiveIntegerField(default=0, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.CheckConstraint(name="billing_dispute_about_money", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="billing_dispute_reopens_what_was_taken",
                condition=Q(reopened_minor=0) | Q(reopened_minor=models.F("withdrawn_minor")),
            ),
        ]

    def __str__(self) -> str:
        """The provider's name for it, and the state."""
        return f"{self.provider_dispute_id}: {self.get_state_display()}"

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return f"dispute-{self.provider_dispute_id}"
