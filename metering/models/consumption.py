from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Utility
from accounts.scope import TenantModel, UtilityKey
from metering.enums import PlaceSum, Quality, Resolution
from metering.models.device import Device, Installation

CUT = [Resolution.HOUR, Resolution.DAY, Resolution.MONTH]


class ConsumptionMark(TenantModel):
    """Meters whose consumption has to be cut anew, each from its first to its last new register.

    Written by triggers in the transaction that stores readings, flags or installations, and deleted in
    the one that has cut them: whatever crashes in between, the mark is there or the work is done.
    """

    device_ids = ArrayField(models.BigIntegerField())
    first_at = ArrayField(models.DateTimeField())
    last_at = ArrayField(models.DateTimeField())
    # About how many hours are to be cut, so that a run takes on no more than it can hold.
    weight = models.BigIntegerField()
    marked_at = models.DateTimeField(_("marked"))

    class Meta(TenantModel.Meta):
        verbose_name = _("consumption mark")
        verbose_name_plural = _("consumption marks")
        constraints = [
            models.CheckConstraint(name="metering_consumptionmark_weighs", condition=Q(weight__gt=0))
        ]

    def __str__(self) -> str:
        """When it was made."""
        return f"{self.marked_at}"


class ConsumptionCursor(TenantModel):
    """Up to which mark a utility's consumption is cut; its row is the lock of the runs."""

    utility = models.OneToOneField(Utility, on_delete=models.PROTECT, primary_key=True, related_name="+")
    last_mark = models.BigIntegerField(_("last mark"), default=0)
    cut_at = models.DateTimeField(_("cut"), null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("consumption cursor")
        verbose_name_plural = _("consumption cursors")
        constraints = [
            models.CheckConstraint(name="metering_consumptioncursor_ascends", condition=Q(last_mark__gte=0))
        ]

    def __str__(self) -> str:
        """The instant."""
        return f"{self.cut_at}"


class MeterConsumption(TenantModel):
    """What one meter counted at one place in one local hour, day or month: the difference of its registers.

    A hypertable where TimescaleDB is. There is a row as soon as the register at the interval's end is
    known; the places are copied, so that a sum can be mended when a meter or a building moves.
    """

    pk = models.CompositePrimaryKey("device_id", "resolution", "starts_at", "installation_id")
    utility = UtilityKey(related_name="+", db_constraint=False, db_index=False)  # as Reading's
    device = models.ForeignKey(
        Device, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+"
    )
    # A deleted installation marks its meter; the next run removes these rows and takes them off all sums.
    installation = models.ForeignKey(
        Installation, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+"
    )
    resolution = models.CharField(_("resolution"), max_length=8, choices=Resolution.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    energy_wh = models.BigIntegerField(_("energy, Wh"))
    quality = models.CharField(_("quality"), max_length=12, choices=Quality.choices)
    # How far apart the registers around each of its ends lie: beyond a tolerance the split is an estimate.
    start_gap_s = models.IntegerField()
    end_gap_s = models.IntegerField()
    household_id = models.BigIntegerField(null=True)
    building_id = models.BigIntegerField(null=True)
    substation_id = models.BigIntegerField(null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("consumption of a meter")
        verbose_name_plural = _("consumption of meters")
        constraints = [
            models.CheckConstraint(
                name="metering_meterconsumption_an_interval",
                condition=Q(ends_at__gt=F("starts_at"), resolution__in=CUT),
            ),
            models.CheckConstraint(
                name="metering_meterconsumption_known_quality", condition=Q(quality__in=Quality.values)
            ),
        ]

    def __str__(self) -> str:
        """The meter and the interval."""
        return f"{self.device_id} {self.starts_at} {self.resolution}"


class PlaceConsumption(TenantModel):
    """The sum over the meters of a building or a substation in one local hour, day or month."""

    pk = models.CompositePrimaryKey("place_sum", "place_id", "resolution", "starts_at")
    utility = UtilityKey(related_name="+", db_index=False)
    place_sum = models.CharField(_("sum"), max_length=24, choices=PlaceSum.choices)
    # A building's or a substation's key, as the sum says.
    place_id = models.BigIntegerField()
    resolution = models.CharField(_("resolution"), max_length=8, choices=Resolution.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    energy_wh = models.BigIntegerField(_("energy, Wh"))
    # How many meters are in the sum, and how many of them are estimates or suspect.
    meters = models.IntegerField(_("meters"))
    estimated = models.IntegerField(_("of them estimated"))
    suspect = models.IntegerField(_("of them suspect"))

    class Meta(TenantModel.Meta):
        verbose_name = _("consumption of a place")
        verbose_name_plural = _("consumption of places")
        constraints = [
            models.CheckConstraint(
                name="metering_placeconsumption_an_interval",
                condition=Q(ends_at__gt=F("starts_at"), resolution__in=CUT, place_sum__in=PlaceSum.values),
            )
        ]
        # What was taken off to nothing, to be swept.
        indexes = [
            models.Index(fields=["utility"], name="metering_placeconsumption_void", condition=Q(meters=0))
        ]

    def __str__(self) -> str:
        """The place and the interval."""
        return f"{self.place_sum} {self.place_id} {self.starts_at} {self.resolution}"
