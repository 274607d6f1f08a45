from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract, Household, User
from accounts.period import Period
from accounts.scope import TenantModel
from billing.enums import (
    BILLS,
    COMPONENT_KINDS,
    CORRECTIONS,
    ROUNDINGS,
    UNITS,
    CorrectionCause,
    InvoiceKind,
    InvoiceState,
)
from billing.models.tariff import TariffComponent


class NumberSequence(TenantModel):
    """The last number given in a series and year. The row's lock is what makes numbers gapless."""

    series = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)
    # The digest of the document that took the last number: the next one carries it on.
    last_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta(TenantModel.Meta):
        verbose_name = _("number sequence")
        verbose_name_plural = _("number sequences")
        constraints = [
            models.UniqueConstraint(fields=["utility", "series", "year"], name="billing_sequence_one_counter")
        ]

    def __str__(self) -> str:
        """The series, its year and the last number."""
        return f"{self.series} {self.year}: {self.last_number}"


class Invoice(TenantModel):
    """A bill for one contract and period, or the correction of one.

    Once issued, the database refuses every change but one: a bill that was wholly credited may be
    marked as cancelled, and its days are free to be billed again.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="invoices")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="invoices")
    kind = models.CharField(_("kind"), max_length=12, choices=InvoiceKind.choices, default=InvoiceKind.PERIOD)
    # Local days of the utility, [start, end).
    period_start = models.DateField(_("from"))
    period_end = models.DateField(_("to"))
    state = models.CharField(
        _("state"), max_length=8, choices=InvoiceState.choices, default=InvoiceState.DRAFT
    )
    number = models.CharField(_("number"), max_length=24, null=True, blank=True)  # noqa: DJ001 - a draft has none
    drafted_at = models.DateTimeField(_("drafted"))
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    net_minor = models.BigIntegerField(_("net"))
    tax_minor = models.BigIntegerField(_("tax"))
    total_minor = models.BigIntegerField(_("total"))
    # Everything printed, as it was on the day of issue: seller, customer, address, tariff text.
    snapshot = models.JSONField(_("printed particulars"), default=dict, blank=True)
    # A credit or debit note: the bill it corrects, why, in whose words and by whom.
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="corrections",
        null=True,
        blank=True,
        verbose_name=_("corrects"),
    )
    cause = models.CharField(_("cause"), max_length=12, choices=CorrectionCause.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=240, blank=True)
    # Nobody where the command line did it.
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("by")
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    # Of the document's proof, and of the document before it in its series; see billing.proofs.
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, default="")
    previous_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta(TenantModel.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.CheckConstraint(
                name="billing_invoice_period_ends_after_start", condition=Q(period_end__gt=F("period_start"))
            ),
            models.CheckConstraint(
                name="billing_invoice_total_is_net_plus_tax",
                condition=Q(total_minor=F("net_minor") + F("tax_minor")),
            ),
            models.CheckConstraint(
                name="billing_invoice_issued_means_numbered",
                condition=(
                    Q(
                        state=InvoiceState.DRAFT,
                        number__isnull=True,
                        issued_at__isnull=True,
                        due_on__isnull=True,
                    )
                    | Q(
                        state=InvoiceState.ISSUED,
                        number__isnull=False,
                        issued_at__isnull=False,
                        due_on__isnull=False,
                    )
                ),
            ),
            models.UniqueConstraint(fields=["utility", "number"], name="billing_invoice_unique_number"),
            # No day of a contract is billed twice, by equal or by merely overlapping periods.
            ExclusionConstraint(
                name="billing_invoice_no_day_twice",
                expressions=[
                    ("contract", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (
                        models.Func(
                            "period_start",
                            "period_end",
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(kind__in=[kind.value for kind in BILLS], cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="billing_invoice_correction_says_of_what_and_why",
                condition=Q(corrects__isnull=True, cause="", kind__in=[kind.value for kind in BILLS])
                | (
                    Q(corrects__isnull=False, kind__in=[kind.value for kind in CORRECTIONS])
                    & ~Q(cause="")
                    & ~Q(reason="")
                ),
            ),
            models.CheckConstraint(
                name="billing_invoice_credit_takes_back",
                condition=~Q(kind=InvoiceKind.CREDIT.value, total_minor__gte=0)
                & ~Q(kind=InvoiceKind.DEBIT.value, total_minor__lt=0),
            ),
            models.CheckConstraint(
                name="billing_invoice_only_issued_bills_are_cancelled",
                condition=Q(cancelled_at__isnull=True)
                | Q(kind__in=[kind.value for kind in BILLS], state=InvoiceState.ISSUED.value),
            ),
        ]

    def __str__(self) -> str:
        """The number, or that it is a draft."""
        return self.number or f"{_('Draft')} {self.period_start}"

    @property
    def period(self) -> Period[date]:
        return Period(self.period_start, self.period_end)


class InvoiceLine(TenantModel):
    """One charge with its own rounding and tax; the trace holds all that is needed to compute it again."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    component = models.ForeignKey(TariffComponent, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=COMPONENT_KINDS)
    description = models.CharField(_("description"), max_length=160)
    # The days this line stands for: a part of the invoice's where the tariff changed within it.
    period_start = models.DateField(_("from"))
    period_end = models.DateField(_("to"))
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=8)
    unit = models.CharField(_("unit"), max_length=4, choices=UNITS)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=6)
    rounding = models.CharField(_("rounding"), max_length=12, choices=ROUNDINGS)
    net_minor = models.BigIntegerField(_("net"))
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=4)
    tax_minor = models.BigIntegerField(_("tax"))
    # metering's Quality, the worst of the readings behind the quantity; blank where nothing was metered.
    quality = models.CharField(_("quality"), max_length=16, blank=True)
    formula = models.CharField(_("formula"), max_length=240)
    trace = models.JSONField(_("trace"))
    # The line that this one takes back, wholly or in part; a trigger sees that it is never more.
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="credits", null=True, blank=True
    )
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, default="")

    class Meta(TenantModel.Meta):
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="billing_line_position"),
            models.CheckConstraint(
                name="billing_line_period_ends_after_start", condition=Q(period_end__gt=F("period_start"))
            ),
        ]

    def __str__(self) -> str:
        """What is charged."""
        return self.description
