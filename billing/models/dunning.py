from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract
from accounts.scope import TenantModel
from billing.enums import DunningTone, LetterKind
from billing.models.invoice import Invoice


class DunningStep(TenantModel):
    """How many days after the due day a utility reminds, and in which tone."""

    days_after_due = models.PositiveSmallIntegerField(_("days after the due day"))
    tone = models.CharField(_("tone"), max_length=8, choices=DunningTone.choices)

    class Meta(TenantModel.Meta):
        verbose_name = _("dunning step")
        verbose_name_plural = _("dunning steps")
        ordering = ["days_after_due"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "days_after_due"], name="billing_dunning_one_a_day"),
            models.UniqueConstraint(fields=["utility", "tone"], name="billing_dunning_one_a_tone"),
            models.CheckConstraint(
                name="billing_dunning_after_the_due_day", condition=Q(days_after_due__gt=0)
            ),
        ]

    def __str__(self) -> str:
        """The tone and the days."""
        return f"{self.get_tone_display()} +{self.days_after_due}"


class Letter(TenantModel):
    """What a customer was written about money: first a row, then an e-mail; the row stays to be read."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="letters")
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="letters", null=True, blank=True
    )
    # Why it was written, such as "dunning:second:41": never twice for one reason.
    key = models.CharField(max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=LetterKind.choices)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    written_at = models.DateTimeField(_("written"))
    # No address, or not yet.
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_to = models.TextField(_("sent to"), blank=True)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)

    class Meta(TenantModel.Meta):
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.UniqueConstraint(fields=["utility", "key"], name="billing_letter_once_a_reason"),
            models.CheckConstraint(
                name="billing_letter_sent_to_somebody", condition=Q(sent_at__isnull=True) | ~Q(sent_to="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["written_at"], name="billing_letter_unsent", condition=Q(sent_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """The subject."""
        return self.subject


class PaymentPlan(TenantModel):
    """An overdue bill paid in instalments, as agreed by its resident or by a clerk."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="plans")
    agreed_minor = models.BigIntegerField(_("agreed sum"))
    currency = models.CharField(_("currency"), max_length=3)
    agreed_at = models.DateTimeField(_("agreed"))
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # An instalment came too late: all is due at once, and reminders go on.
    broken_at = models.DateTimeField(_("broken"), null=True, blank=True)
    fulfilled_at = models.DateTimeField(_("fulfilled"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("payment plan")
        verbose_name_plural = _("payment plans")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                name="billing_plan_one_in_force",
                condition=Q(broken_at__isnull=True, fulfilled_at__isnull=True),
            ),
            models.CheckConstraint(name="billing_plan_about_money", condition=Q(agreed_minor__gt=0)),
            models.CheckConstraint(
                name="billing_plan_ends_once",
                condition=Q(broken_at__isnull=True) | Q(fulfilled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        """The bill."""
        return str(self.invoice)


class Instalment(TenantModel):
    """A part of a plan and its day. Whether it is paid, the ledger tells."""

    plan = models.ForeignKey(PaymentPlan, on_delete=models.PROTECT, related_name="instalments")
    position = models.PositiveSmallIntegerField()
    due_on = models.DateField(_("due"))
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta(TenantModel.Meta):
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="billing_instalment_position"),
            models.CheckConstraint(
                name="billing_instalment_asks_money", condition=Q(amount_minor__gt=0, position__gt=0)
            ),
        ]

    def __str__(self) -> str:
        """The day and the amount."""
        return f"{self.due_on} {self.amount_minor}"
