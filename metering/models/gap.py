from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel
from metering.enums import GapKind, GapState
from metering.models.device import Device


class ReadingGap(TenantModel):
    """Readings that a meter must have made and that never came; asked for again, until they come or in vain.

    Between the reading at ``starts_at`` and the one at ``ends_at``, or nobody knows until when.
    """

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="gaps")
    starts_at = models.DateTimeField(_("last reading before"))
    ends_at = models.DateTimeField(_("first reading after"), null=True, blank=True)
    kind = models.CharField(_("found by"), max_length=12, choices=GapKind.choices)
    missing = models.PositiveIntegerField(_("readings missing"))
    state = models.CharField(_("state"), max_length=12, choices=GapState.choices, default=GapState.OPEN)
    tries = models.PositiveSmallIntegerField(_("times asked"), default=0)
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    found_at = models.DateTimeField(_("found"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("gap in readings")
        verbose_name_plural = _("gaps in readings")
        constraints = [
            models.UniqueConstraint(fields=["device", "starts_at"], name="metering_readinggap_found_once"),
            models.CheckConstraint(
                name="metering_readinggap_ascends", condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(name="metering_readinggap_misses_some", condition=Q(missing__gt=0)),
            models.CheckConstraint(
                name="metering_readinggap_asked_dated",
                condition=Q(tries=0, asked_at=None) | Q(tries__gt=0, asked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="metering_readinggap_closed_dated",
                condition=Q(state__in=[GapState.OPEN, GapState.ASKED], closed_at=None)
                | Q(state__in=[GapState.FILLED, GapState.GIVEN_UP], closed_at__isnull=False),
            ),
        ]
        # What was filled is history, and most of the table.
        indexes = [
            models.Index(
                fields=["utility", "state"],
                name="metering_readinggap_unfilled",
                condition=~Q(state=GapState.FILLED),
            )
        ]

    def __str__(self) -> str:
        """The meter and from when on."""
        return f"{self.device} > {self.starts_at.isoformat()}"
