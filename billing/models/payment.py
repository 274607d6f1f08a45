from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from billing.enums import ACTIVE_ATTEMPTS, AttemptState, EventState
from billing.models.invoice import Invoice


class PaymentAttempt(TenantModel):
    """One try to pay one invoice online, committed before the provider hears of it.

    Its key names it at the provider (idempotency key, metadata) and in the ledger, so it is random:
    two installations that share a provider's account never meet.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payment_attempts")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # The leave by which a saved card is charged; none where somebody pays on the provider's page.
    mandate = models.ForeignKey(
        "billing.PaymentMandate", on_delete=models.PROTECT, related_name="attempts", null=True, blank=True
    )
    # The caller's Idempotency-Key: the same person and key mean the same attempt, whatever became of it.
    request_key = models.CharField(max_length=255, null=True, blank=True, editable=False)  # noqa: DJ001 - most have none
    provider = models.CharField(_("provider"), max_length=16)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    locale = models.CharField(_("language"), max_length=16)
    state = models.CharField(
        _("state"), max_length=12, choices=AttemptState.choices, default=AttemptState.CREATING
    )
    created_at = models.DateTimeField(_("started"))
    expires_at = models.DateTimeField(_("expires"))
    provider_session_id = models.CharField(_("session"), max_length=255, null=True, blank=True, unique=True)
    provider_payment_id = models.CharField(_("payment"), max_length=255, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    # Why it was refused, failed, or does not fit our books.
    note = models.TextField(_("note"), blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                name="billing_attempt_one_active",
                condition=Q(state__in=[state.value for state in ACTIVE_ATTEMPTS]),
            ),
            models.UniqueConstraint(fields=["started_by", "request_key"], name="billing_attempt_request_key"),
            models.CheckConstraint(name="billing_attempt_asks_money", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="billing_attempt_paid_means_when",
                condition=Q(state=AttemptState.PAID, paid_at__isnull=False)
                | (~Q(state=AttemptState.PAID) & Q(paid_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="billing_attempt_open_has_a_page",
                condition=~Q(state=AttemptState.OPEN) | (Q(provider_session_id__isnull=False) & ~Q(url="")),
            ),
        ]

    def __str__(self) -> str:
        """The invoice and the state."""
        return f"{self.invoice_id}: {self.get_state_display()}"

    @property
    def key(self) -> str:
        """Its name at the provider and in the ledger."""
        return f"payment-{self.pk}"


class WebhookEvent(models.Model):
    """A provider's event as it came in, stored before anything is made of it; each once, for ever."""

    provider = models.CharField(_("provider"), max_length=16)
    event_id = models.CharField(_("event"), max_length=255)
    type = models.CharField(_("type"), max_length=120)
    # The checkout session or the payment it is about, as the provider calls it.
    subject_id = models.CharField(_("about"), max_length=255, blank=True)
    raw = models.TextField(_("as received"))
    received_at = models.DateTimeField(_("received"))
    state = models.CharField(
        _("state"), max_length=12, choices=EventState.choices, default=EventState.RECEIVED
    )
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    # How often processing failed for a reason that may pass, and the last reason, or why a clerk is needed.
    failures = models.PositiveIntegerField(_("failures"), default=0)
    error = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="billing_event_unique_id"),
            models.CheckConstraint(
                name="billing_event_attention_has_a_reason",
                condition=~Q(state=EventState.ATTENTION) | ~Q(error=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"], name="billing_event_waiting", condition=Q(state=EventState.RECEIVED)
            )
        ]

    def __str__(self) -> str:
        """The type and the provider's id."""
        return f"{self.type} {self.event_id}"
