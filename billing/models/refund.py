from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract
from accounts.scope import TenantModel
from billing.enums import RefundReason, RefundState
from billing.models.payment import PaymentAttempt


class Refund(TenantModel):
    """Money given back to a customer, written down before the provider hears of it.

    Above the utility's limit a second person has to agree. Never more than was captured leaves:
    a trigger adds up the refunds of one payment.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=12, choices=RefundReason.choices)
    state = models.CharField(_("state"), max_length=12, choices=RefundState.choices)
    needs_second_person = models.BooleanField(_("needs a second person"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    requested_at = models.DateTimeField(_("requested"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    provider_refund_id = models.CharField(
        _("at the provider"), max_length=255, null=True, blank=True, unique=True
    )
    note = models.TextField(_("note"), blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(name="billing_refund_gives_money", condition=Q(amount_minor__gt=0)),
            # Four eyes: who decides is not who asked.
            models.CheckConstraint(
                name="billing_refund_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="billing_refund_second_person_where_needed",
                condition=Q(needs_second_person=False)
                | Q(state=RefundState.REQUESTED)
                | Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_refund_names_who_asked",
                condition=Q(requested_by__isnull=False) | Q(reason=RefundReason.EXTERNAL),
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="billing_refund_unfinished",
                condition=Q(state__in=[RefundState.APPROVED.value, RefundState.PENDING.value]),
            )
        ]

    def __str__(self) -> str:
        """The state and what it gives back, in minor units."""
        return f"{self.get_state_display()}: {self.amount_minor} {self.currency}"

    @property
    def key(self) -> str:
        """Its name at the provider and in the ledger."""
        return f"refund-{self.pk}"
