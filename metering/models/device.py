from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Building, Household, Substation
from accounts.period import TimedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel
from metering.enums import DeviceKind


class Device(TenantModel):
    """A thing that measures, carries or steers; where it hangs and when is its installations' business."""

    kind = models.CharField(_("kind"), max_length=24, choices=DeviceKind.choices)
    # The name it signs in to the broker with and speaks under; empty for a meter that only a gateway hears.
    # Unique over all utilities, as on the broker: nobody can speak for a namesake at another one.
    identity = models.CharField(_("identity"), max_length=64, blank=True)
    # What a telegram carries and what stands on the nameplate.
    serial = models.CharField(_("serial number"), max_length=32, blank=True)
    manufacturer = models.CharField(_("manufacturer"), max_length=64, blank=True)
    model_name = models.CharField(_("model"), max_length=64, blank=True)
    gateway = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="meters",
        verbose_name=_("gateway"),
    )
    # Both judge readings; a change of them has all readings of the device validated again, by trigger.
    nominal_power_w = models.PositiveIntegerField(
        _("nominal power, W"),
        null=True,
        blank=True,
        help_text=_(
            "From the nameplate. Without it 50 kW are assumed in a home, 1 MW in a building and 10 MW in a "
            "substation."
        ),
    )
    modulus_wh = models.BigIntegerField(
        _("register starts again at, Wh"),
        null=True,
        blank=True,
        help_text=_(
            "Where the display goes back to zero, such as 1000000000 for a million kWh. Empty: it is guessed."
        ),
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.UniqueConstraint(
                fields=["identity"],
                name="metering_device_unique_identity",
                condition=~Q(identity=""),
            ),
            models.UniqueConstraint(
                fields=["utility", "kind", "serial"],
                name="metering_device_unique_serial",
                condition=~Q(serial=""),
            ),
            models.CheckConstraint(
                name="metering_device_has_a_name", condition=~Q(identity="") | ~Q(serial="")
            ),
            models.CheckConstraint(
                name="metering_device_identity_fits_a_topic",
                condition=Q(identity="") | Q(identity__regex=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"),
            ),
            models.CheckConstraint(
                name="metering_device_modulus_is_a_register",
                condition=Q(modulus_wh=None) | Q(modulus_wh__gte=1_000_000),
            ),
            models.CheckConstraint(
                name="metering_device_gateway_hangs_on_none",
                condition=Q(gateway=None) | ~Q(kind=DeviceKind.GATEWAY),
            ),
        ]

    def __str__(self) -> str:
        """What it is and what it is called."""
        return f"{self.get_kind_display()} {self.serial or self.identity}"


class Installation(TenantModel, TimedModel):
    """Where a device hangs, from when to when: in a home, in a building or in a substation."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="installations")
    household = models.ForeignKey(
        Household, on_delete=models.PROTECT, null=True, blank=True, related_name="installations"
    )
    building = models.ForeignKey(
        Building, on_delete=models.PROTECT, null=True, blank=True, related_name="installations"
    )
    substation = models.ForeignKey(
        Substation, on_delete=models.PROTECT, null=True, blank=True, related_name="installations"
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("installation")
        verbose_name_plural = _("installations")
        constraints = [
            ends_after_start("metering_installation_ends_after_start", kind=TimedModel),
            no_overlap("metering_installation_no_overlap", "device", kind=TimedModel),
            models.CheckConstraint(
                name="metering_installation_one_place",
                condition=Q(household__isnull=False, building=None, substation=None)
                | Q(household=None, building__isnull=False, substation=None)
                | Q(household=None, building=None, substation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """The device and its place."""
        return f"{self.device} @ {self.household or self.building or self.substation}"


class Connectivity(TenantModel):
    """Whether a device was last heard on line; its own word or the broker's last will."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="connectivity"
    )
    online = models.BooleanField(_("on line"))
    at = models.DateTimeField(_("since"))
    received_at = models.DateTimeField(_("received"))

    class Meta(TenantModel.Meta):
        verbose_name = _("connectivity")
        verbose_name_plural = _("connectivity")
        constraints = [
            # A device's clock may be a little fast; one that runs ahead would hide every later message.
            models.CheckConstraint(
                name="metering_connectivity_not_from_the_future",
                condition=Q(at__lte=F("received_at") + timedelta(minutes=5)),
            )
        ]

    def __str__(self) -> str:
        """The device and its state."""
        return f"{self.device}: {_('on line') if self.online else _('off line')}"
