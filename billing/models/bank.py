from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from billing.enums import BankLineState
from billing.models.invoice import Invoice


class BankStatement(TenantModel):
    """A file of the bank that was imported; a line keeps its own name, whatever file brings it."""

    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField(_("imported"))
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [models.CheckConstraint(name="billing_statement_has_a_digest", condition=~Q(sha256=""))]

    def __str__(self) -> str:
        """The file's name."""
        return self.file_name


class BankLine(TenantModel):
    """One booked line of the utility's bank account, each once, as the bank wrote it."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    line_id = models.CharField(_("bank's name"), max_length=140)
    booked_on = models.DateField(_("booked"))
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    payer_name = models.CharField(_("payer"), max_length=200, blank=True)
    payer_account = models.CharField(_("payer's account"), max_length=64, blank=True)
    reference = models.TextField(_("text"), blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=BankLineState.choices, default=BankLineState.OPEN
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("bank line")
        verbose_name_plural = _("payments to match")
        constraints = [
            models.UniqueConstraint(fields=["utility", "line_id"], name="billing_bank_line_once"),
            models.CheckConstraint(name="billing_bank_line_moves_money", condition=~Q(amount_minor=0)),
            models.CheckConstraint(
                name="billing_bank_line_only_money_in_is_matched",
                condition=Q(amount_minor__gt=0) | Q(state=BankLineState.IGNORED),
            ),
        ]
        indexes = [
            models.Index(
                fields=["utility", "booked_on"],
                name="billing_bank_line_to_match",
                condition=Q(state=BankLineState.OPEN.value),
            )
        ]

    def __str__(self) -> str:
        """The day and the amount."""
        return f"{self.booked_on} {self.amount_minor} {self.currency}"

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return f"bank-{self.pk}"


class BankMatch(TenantModel):
    """That a line pays a bill: who said so, how sure it was, and whether it was taken back."""

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="matches")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="bank_matches")
    # Out of a hundred; what spoke for it, such as "reference, amount".
    confidence = models.PositiveSmallIntegerField(_("confidence"))
    signs = models.CharField(_("because of"), max_length=80, blank=True)
    matched_at = models.DateTimeField(_("matched"))
    # Nobody where it was sure enough.
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [
            models.UniqueConstraint(
                fields=["line"], name="billing_match_one_in_force", condition=Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(name="billing_match_confidence", condition=Q(confidence__lte=100)),
            models.CheckConstraint(
                name="billing_match_undone_by_somebody",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """The bill."""
        return str(self.invoice)

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return f"match-{self.pk}"
