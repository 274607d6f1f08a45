"""The provider's side of the account: what it says it moved, kept as it said it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from billing.models.payment import PaymentAttempt


class ProviderCursor(models.Model):
    """How far a stream of the provider (events, movements) has been read."""

    provider = models.CharField(max_length=16)
    stream = models.CharField(max_length=16)
    last_id = models.CharField(max_length=255)

    class Meta:
        verbose_name = _("provider cursor")
        verbose_name_plural = _("provider cursors")
        constraints = [
            models.UniqueConstraint(fields=["provider", "stream"], name="billing_cursor_one_a_stream")
        ]

    def __str__(self) -> str:
        """The stream and its last row."""
        return f"{self.provider} {self.stream}: {self.last_id}"


class Payout(models.Model):
    """Money the provider sent to the bank; one payout may serve several utilities."""

    provider = models.CharField(_("provider"), max_length=16)
    payout_id = models.CharField(_("payout"), max_length=255, unique=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    arrives_on = models.DateField(_("arrives"))
    failed_at = models.DateTimeField(_("failed"), null=True, blank=True)
    # When every utility's share was posted: not before all its movements are understood.
    posted_at = models.DateTimeField(_("posted"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.CheckConstraint(name="billing_payout_sends_money", condition=Q(amount_minor__gt=0))
        ]

    def __str__(self) -> str:
        """The provider's name for it."""
        return self.payout_id

    @property
    def key(self) -> str:
        """Its name in the ledgers of the utilities."""
        return f"payout-{self.payout_id}"


class PayoutShare(TenantModel):
    """One utility's part of a payout."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="shares")
    net_minor = models.BigIntegerField(_("net"))
    movements = models.PositiveIntegerField(_("movements"))

    class Meta(TenantModel.Meta):
        verbose_name = _("share of a payout")
        verbose_name_plural = _("shares of payouts")
        constraints = [models.UniqueConstraint(fields=["payout", "utility"], name="billing_share_one_each")]

    def __str__(self) -> str:
        """The payout."""
        return str(self.payout)


class ProviderMovement(models.Model):
    """One line of the provider's account (Stripe's balance transaction), each once, for ever."""

    provider = models.CharField(_("provider"), max_length=16)
    movement_id = models.CharField(_("movement"), max_length=255, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    source_id = models.CharField(_("source"), max_length=255, blank=True)
    payment_id = models.CharField(_("payment"), max_length=255, blank=True, db_index=True)
    amount_minor = models.BigIntegerField(_("amount"))
    fee_minor = models.BigIntegerField(_("fee"))
    currency = models.CharField(_("currency"), max_length=3)
    created_at = models.DateTimeField(_("created"))
    # Whose it is; none while the payment it belongs to is unknown here.
    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, related_name="movements", null=True, blank=True
    )
    payout = models.ForeignKey(
        Payout, on_delete=models.PROTECT, related_name="movements", null=True, blank=True
    )

    class Meta:
        verbose_name = _("provider movement")
        verbose_name_plural = _("provider movements")
        constraints = [
            models.CheckConstraint(
                name="billing_movement_moves_money", condition=~Q(amount_minor=0) | ~Q(fee_minor=0)
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="billing_movement_unmatched", condition=Q(attempt__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """The kind and the provider's name for it."""
        return f"{self.kind} {self.movement_id}"

    @property
    def net_minor(self) -> int:
        """What it did to the provider's account, after the fee."""
        return self.amount_minor - self.fee_minor
