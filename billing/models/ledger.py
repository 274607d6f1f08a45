from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract
from accounts.scope import TenantModel
from billing.enums import AccountCode, EntryKind
from billing.models.invoice import Invoice


class LedgerAccount(TenantModel):
    """One account of a utility in one currency."""

    code = models.CharField(_("account"), max_length=20, choices=AccountCode.choices)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(TenantModel.Meta):
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["utility", "code", "currency"], name="billing_account_unique_code"
            )
        ]

    def __str__(self) -> str:
        """The account's name."""
        return self.get_code_display()


class JournalEntry(TenantModel):
    """One event of money. Its postings sum to zero per currency, and none of it is ever changed."""

    # What happened, named by who caused it ("invoice:41", "payment:7"): posting it twice is impossible.
    key = models.CharField(_("key"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=EntryKind.choices)
    at = models.DateTimeField(_("at"))
    memo = models.CharField(_("memo"), max_length=240, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [models.UniqueConstraint(fields=["utility", "key"], name="billing_entry_unique_key")]

    def __str__(self) -> str:
        """The key."""
        return self.key


class Posting(TenantModel):
    """One side of an entry: debit positive, credit negative."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="postings")
    amount_minor = models.BigIntegerField(_("amount"))
    # Whose money it is, where it is somebody's: receivables name both, customer credit the contract.
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="postings", null=True, blank=True
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.CheckConstraint(name="billing_posting_moves_money", condition=~Q(amount_minor=0)),
            models.CheckConstraint(
                name="billing_posting_of_an_invoice_names_its_contract",
                condition=Q(invoice__isnull=True) | Q(contract__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """The account and the amount in minor units."""
        return f"{self.account} {self.amount_minor}"
