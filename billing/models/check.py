from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from billing.enums import FindingKind
from billing.models.invoice import Invoice


class DocumentCheck(TenantModel):
    """One look at all issued documents: each rated anew, each proof recomputed, each number there."""

    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"))
    bills = models.PositiveIntegerField(_("bills rated anew"))
    proofs = models.PositiveIntegerField(_("proofs recomputed"))
    # What all corrections that are due would come to.
    difference_minor = models.BigIntegerField(_("difference"))

    class Meta(TenantModel.Meta):
        verbose_name = _("check of documents")
        verbose_name_plural = _("checks of documents")
        constraints = [
            models.CheckConstraint(
                name="billing_check_ends_after_start", condition=Q(ended_at__gte=F("started_at"))
            )
        ]

    def __str__(self) -> str:
        """When it was."""
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class DocumentFinding(TenantModel):
    """A document that is not as it would be made today, or not as it was made."""

    check_run = models.ForeignKey(DocumentCheck, on_delete=models.CASCADE, related_name="findings")
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="findings", verbose_name=_("document")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=FindingKind.choices)
    before_minor = models.BigIntegerField(_("issued"))
    after_minor = models.BigIntegerField(_("today"))
    detail = models.TextField(_("detail"), blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("finding about a document")
        verbose_name_plural = _("findings about documents")
        constraints = [
            models.UniqueConstraint(
                fields=["check_run", "invoice", "kind"], name="billing_finding_once_a_check"
            )
        ]

    def __str__(self) -> str:
        """The document and what is wrong."""
        return f"{self.invoice}: {self.get_kind_display()}"
