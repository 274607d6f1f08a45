from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract
from accounts.scope import TenantModel
from billing.enums import MandateState


class PaymentMandate(TenantModel):
    """A resident's leave to charge a saved card for the bills of a contract on their due day."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="mandates")
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # The words that were agreed to, as they were shown.
    text = models.TextField(_("text"))
    state = models.CharField(
        _("state"), max_length=8, choices=MandateState.choices, default=MandateState.PENDING
    )
    created_at = models.DateTimeField(_("asked"))
    agreed_at = models.DateTimeField(_("agreed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    provider_session_id = models.CharField(_("session"), max_length=255, null=True, blank=True, unique=True)
    provider_customer_id = models.CharField(max_length=255, blank=True, editable=False)
    provider_method_id = models.CharField(max_length=255, blank=True, editable=False)
    # As the resident knows the card: "visa 4242".
    label = models.CharField(_("card"), max_length=60, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("payment mandate")
        verbose_name_plural = _("payment mandates")
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                name="billing_mandate_one_in_force",
                condition=Q(state=MandateState.ACTIVE.value),
            ),
            models.CheckConstraint(
                name="billing_mandate_active_names_a_card",
                condition=~Q(state=MandateState.ACTIVE)
                | (~Q(provider_method_id="") & ~Q(provider_customer_id="") & Q(agreed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="billing_mandate_ended_means_when",
                condition=Q(state=MandateState.ENDED, ended_at__isnull=False)
                | (~Q(state=MandateState.ENDED) & Q(ended_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        """The card and the state."""
        return f"{self.label} {self.get_state_display()}".strip()

    @property
    def key(self) -> str:
        """Its name at the provider."""
        return f"mandate-{self.pk}"
