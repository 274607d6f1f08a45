from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel, UtilityKey
from metering.enums import Quality
from metering.models.device import Device


class Reading(TenantModel):
    """What a heat meter's registers stood at in one instant; never changed.

    A hypertable where TimescaleDB is. Registers are integers, because money hangs on them.
    """

    pk = models.CompositePrimaryKey("device_id", "measured_at")
    # The wall's key without its own check: a reading's utility is its device's, and a million rows
    # an hour need not ask twice.
    utility = UtilityKey(related_name="+", db_constraint=False, db_index=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, db_index=False, related_name="readings")
    measured_at = models.DateTimeField(_("measured"))
    energy_wh = models.BigIntegerField(_("energy, Wh"), null=True)
    volume_l = models.BigIntegerField(_("volume, l"), null=True)
    power_w = models.FloatField(_("power, W"), null=True)
    flow_l_h = models.FloatField(_("flow, l/h"), null=True)
    supply_c = models.FloatField(_("supply, °C"), null=True)
    return_c = models.FloatField(_("return, °C"), null=True)
    # The meter's hours in error so far, and the register it froze on its target (billing) day.
    error_h = models.FloatField(_("hours in error"), null=True)
    target_at = models.DateTimeField(_("target day"), null=True)
    target_wh = models.BigIntegerField(_("energy on the target day, Wh"), null=True)
    status = models.TextField(_("status"), blank=True)
    quality = models.CharField(_("quality"), max_length=12, choices=Quality.choices, default=Quality.MEASURED)
    # Of a suspect reading: the columns above that the meter doubts, by a space; null where it does not say.
    doubts = models.TextField(_("doubted"), null=True)  # noqa: DJ001 - nothing said is not nothing doubted
    received_at = models.DateTimeField(_("received"))
    # The gateway or the meter itself; nobody where a person read the dial.
    carrier = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    # What the telegram said beyond the columns above, or said finer than they hold.
    raw = models.JSONField(null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [
            models.CheckConstraint(
                name="metering_reading_has_a_register",
                condition=Q(energy_wh__isnull=False) | Q(volume_l__isnull=False),
            ),
            models.CheckConstraint(
                name="metering_reading_known_quality", condition=Q(quality__in=Quality.values)
            ),
        ]
        # For what arrived since; rows lie in the order of their arrival, so an index of ranges does.
        indexes = [BrinIndex(fields=["received_at"], name="metering_reading_arrival")]

    def __str__(self) -> str:
        """The meter and the instant."""
        return f"{self.device_id} {self.measured_at.isoformat()}"


class RoomTemperature(TenantModel):
    """The air of a room in one instant. A hypertable where TimescaleDB is."""

    pk = models.CompositePrimaryKey("device_id", "measured_at")
    utility = UtilityKey(related_name="+", db_constraint=False, db_index=False)  # as Reading's
    device = models.ForeignKey(Device, on_delete=models.PROTECT, db_index=False, related_name="temperatures")
    measured_at = models.DateTimeField(_("measured"))
    temperature_c = models.FloatField(_("temperature, °C"))
    humidity_pct = models.FloatField(_("humidity, %"), null=True)
    received_at = models.DateTimeField(_("received"))

    class Meta(TenantModel.Meta):
        verbose_name = _("room temperature")
        verbose_name_plural = _("room temperatures")
        constraints = [
            models.CheckConstraint(
                name="metering_roomtemperature_on_earth",
                condition=Q(temperature_c__gte=-60, temperature_c__lte=100),
            ),
            models.CheckConstraint(
                name="metering_roomtemperature_humidity_is_a_share",
                condition=Q(humidity_pct=None) | Q(humidity_pct__gte=0, humidity_pct__lte=100),
            ),
        ]

    def __str__(self) -> str:
        """The sensor and the instant."""
        return f"{self.device_id} {self.measured_at.isoformat()}"
