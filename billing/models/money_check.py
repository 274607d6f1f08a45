from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from billing.enums import MoneyFindingKind


class MoneyCheck(TenantModel):
    """One look at all money: our ledger, the provider's account and the documents, each beside the others."""

    checked_at = models.DateTimeField(_("checked"))
    payments = models.PositiveIntegerField(_("payments compared"))
    documents = models.PositiveIntegerField(_("documents compared"))

    class Meta(TenantModel.Meta):
        verbose_name = _("three-way match")
        verbose_name_plural = _("three-way matches")
        constraints = [
            models.UniqueConstraint(
                fields=["utility", "checked_at"], name="billing_money_check_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        """When it was."""
        return f"{self.checked_at:%Y-%m-%d %H:%M}"


class MoneyFinding(TenantModel):
    """Something two of the three do not agree on."""

    check_run = models.ForeignKey(MoneyCheck, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(_("kind"), max_length=10, choices=MoneyFindingKind.choices)
    # The payment, the document or the account it is about, by its name.
    subject = models.CharField(_("about"), max_length=120)
    ours_minor = models.BigIntegerField(_("in the ledger"))
    theirs_minor = models.BigIntegerField(_("there"))
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(TenantModel.Meta):
        verbose_name = _("finding about money")
        verbose_name_plural = _("findings about money")
        constraints = [
            models.UniqueConstraint(
                fields=["check_run", "kind", "subject"], name="billing_money_finding_once_a_check"
            ),
            models.CheckConstraint(
                name="billing_money_finding_differs", condition=~models.Q(ours_minor=F("theirs_minor"))
            ),
        ]

    def __str__(self) -> str:
        """What differs."""
        return f"{self.get_kind_display()} {self.subject}"
