"""What documents print beside their lines: who sells, what the heat was made of, how cold it was."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.period import DatedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel
from billing.models.invoice import Invoice

HUNDRED = Decimal(100)


class Letterhead(TenantModel):
    """The seller as the law wants it on a bill, and whom to turn to; copied into every document at issue."""

    legal_name = models.CharField(_("legal name"), max_length=160)
    street = models.CharField(_("street"), max_length=160, blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country_code = models.CharField(_("country, two letters"), max_length=2)
    tax_number = models.CharField(_("tax number"), max_length=32, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=40, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    complaints = models.TextField(
        _("complaints"), blank=True, help_text=_("Whom to complain to, and the body that settles disputes.")
    )
    advice = models.TextField(_("advice on saving heat"), blank=True)
    taxes = models.TextField(_("taxes and levies explained"), blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("letterhead")
        verbose_name_plural = _("letterheads")
        constraints = [
            models.UniqueConstraint(fields=["utility"], name="billing_letterhead_one_each"),
            models.CheckConstraint(
                name="billing_letterhead_country_is_iso",
                condition=Q(country_code__regex=r"^[A-Z]{2}$"),
                violation_error_message=_("Two capital letters, such as SE."),
            ),
        ]

    def __str__(self) -> str:
        """Who sells."""
        return self.legal_name


class FuelMix(TenantModel, DatedModel):
    """What the network's heat was made of during some days, and what came out of the chimney."""

    # The carrier's name to its percentage as a string: {"Biomass": "71.5", "Natural gas": "28.5"}.
    carriers = models.JSONField(_("carriers and their shares"))
    co2_g_per_kwh = models.DecimalField(_("CO₂, g per kWh"), max_digits=7, decimal_places=1)
    renewable_pct = models.DecimalField(
        _("renewable and waste heat, percent"), max_digits=4, decimal_places=1
    )
    source = models.CharField(_("source"), max_length=160)

    class Meta(TenantModel.Meta):
        verbose_name = _("fuel mix")
        verbose_name_plural = _("fuel mixes")
        constraints = [
            ends_after_start("billing_fuelmix_ends_after_start", kind=DatedModel),
            no_overlap("billing_fuelmix_no_overlap", "utility", kind=DatedModel),
            models.CheckConstraint(
                name="billing_fuelmix_in_range",
                condition=Q(co2_g_per_kwh__gte=0, renewable_pct__gte=0, renewable_pct__lte=100),
            ),
        ]

    def __str__(self) -> str:
        """Since when."""
        return f"{self.starts_on}"

    def clean(self) -> None:
        """Refuse shares that are no percentages of one whole."""
        try:
            shares = [Decimal(share) for share in self.carriers.values()]
        except (AttributeError, InvalidOperation, TypeError) as error:
            message = _now('Write carriers as {"Biomass": "71.5", "Natural gas": "28.5"}.')
            raise ValidationError({"carriers": message}) from error
        if sum(shares) != HUNDRED or min(shares, default=HUNDRED) < 0:
            raise ValidationError({"carriers": _now("The shares must sum to 100 %.")})


class DegreeDays(TenantModel):
    """How cold a month was where the utility heats, as its weather service publishes it."""

    month = models.DateField(_("month"), help_text=_("Its first day."))
    kelvin_days = models.DecimalField(_("degree days, K·d"), max_digits=6, decimal_places=1)

    class Meta(TenantModel.Meta):
        verbose_name = _("degree days of a month")
        verbose_name_plural = _("degree days")
        constraints = [
            models.UniqueConstraint(fields=["utility", "month"], name="billing_degreedays_once_a_month"),
            models.CheckConstraint(
                name="billing_degreedays_of_a_whole_month",
                condition=Q(month__day=1, kelvin_days__gte=0),
                violation_error_message=_("Name the month by its first day; degree days are not negative."),
            ),
        ]

    def __str__(self) -> str:
        """The month and its cold."""
        return f"{self.month:%Y-%m}: {self.kelvin_days}"


class PrintedDocument(TenantModel):
    """A document as it was first printed in a language: whoever prints it again gets these bytes."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="prints")
    language = models.CharField(_("language"), max_length=16)
    # What it compares with, as it was known then; the same in every language.
    facts = models.JSONField(_("comparisons"))
    pdf = models.BinaryField()
    printed_at = models.DateTimeField(_("printed"))

    class Meta(TenantModel.Meta):
        verbose_name = _("printed document")
        verbose_name_plural = _("printed documents")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "language"], name="billing_print_once_a_language")
        ]

    def __str__(self) -> str:
        """The document and the language."""
        return f"{self.invoice} ({self.language})"
