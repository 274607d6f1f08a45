from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import CustomerClass
from accounts.models.network import Household
from accounts.period import DatedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel


class Contract(TenantModel, DatedModel):
    """Who pays for the heat of a home, in which class, from when to when. One at a time a home."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="contracts")
    customer_name = models.CharField(_("customer"), max_length=120)
    customer_class = models.CharField(
        _("class"), max_length=16, choices=CustomerClass.choices, default=CustomerClass.RESIDENTIAL
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            ends_after_start("accounts_contract_ends_after_start", kind=DatedModel),
            no_overlap("accounts_contract_no_overlap", "household", kind=DatedModel),
        ]

    def __str__(self) -> str:
        """The customer and the home."""
        return f"{self.customer_name}, {self.household}"
