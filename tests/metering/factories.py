"""Makers of devices and what they say. Like all makers of tenant-owned rows they need a utility in scope."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from accounts.models import Building, Household, Substation, Utility
from accounts.scope import current_utility_id
from metering import topics
from metering.enums import DeviceKind, Quality
from metering.models import Device, Installation, Reading, RoomTemperature, TelemetryTag, TelemetryValue
from metering.operations.sorting import Message

# A winter's morning in Beijing; the hour before which all devices of the makers were hung up.
NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)
LONG_AGO = datetime(2025, 11, 1, tzinfo=UTC)
_numbers = count(1)


def a_device(
    *,
    kind: DeviceKind = DeviceKind.HEAT_METER,
    identity: str = "",
    serial: str = "",
    gateway: Device | None = None,
) -> Device:
    """A registered device that hangs nowhere; a carried one has no identity of its own."""
    number = next(_numbers)
    identity = identity or ("" if gateway else f"{kind}-{number}")
    return Device.objects.create(
        kind=kind, identity=identity, serial=serial or f"{70_000_000 + number}", gateway=gateway
    )


def an_installation(
    *,
    device: Device,
    household: Household | None = None,
    building: Building | None = None,
    substation: Substation | None = None,
    starts_at: datetime = LONG_AGO,
    ends_at: datetime | None = None,
) -> Installation:
    """Where a device hangs."""
    return Installation.objects.create(
        device=device,
        household=household,
        building=building,
        substation=substation,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def a_meter(
    *,
    household: Household,
    serial: str = "",
    gateway: Device | None = None,
    starts_at: datetime = LONG_AGO,
    ends_at: datetime | None = None,
) -> Device:
    """A heat meter that hangs in a home."""
    device = a_device(serial=serial, gateway=gateway)
    an_installation(device=device, household=household, starts_at=starts_at, ends_at=ends_at)
    return device


def a_gateway(*, identity: str = "") -> Device:
    """A gateway; meters are hung on it by their own maker."""
    return a_device(kind=DeviceKind.GATEWAY, identity=identity)


def a_room_sensor(*, household: Household, starts_at: datetime = LONG_AGO) -> Device:
    """A sensor in a room of a home."""
    device = a_device(kind=DeviceKind.ROOM_SENSOR)
    an_installation(device=device, household=household, starts_at=starts_at)
    return device


def a_controller(*, substation: Substation) -> Device:
    """The controller of a substation."""
    device = a_device(kind=DeviceKind.SUBSTATION_CONTROLLER)
    an_installation(device=device, substation=substation)
    return device


def a_reading(
    *,
    device: Device,
    measured_at: datetime = NOON,
    energy_wh: int | None = 6_884_000,
    quality: Quality = Quality.MEASURED,
    doubts: str | None = None,
    cooling_k: float = 24.1,
    **said: Any,  # noqa: ANN401 - columns
) -> Reading:
    """A stored reading; ``said`` are more of its columns."""
    return Reading.objects.create(
        device=device,
        measured_at=measured_at,
        energy_wh=energy_wh,
        quality=quality,
        doubts=doubts,
        received_at=measured_at,
        **{"volume_l": 645_319, "power_w": 111.0, "supply_c": 51.7, "return_c": 51.7 - cooling_k, **said},
    )


def a_room_temperature(
    *, device: Device, measured_at: datetime = NOON, temperature_c: float = 21.4
) -> RoomTemperature:
    """A stored room temperature."""
    return RoomTemperature.objects.create(
        device=device, measured_at=measured_at, temperature_c=temperature_c, received_at=measured_at
    )


def a_telemetry_value(
    *, device: Device, tag: str, value: float, measured_at: datetime = NOON
) -> TelemetryValue:
    """A stored plant signal."""
    return TelemetryValue.objects.create(
        device=device,
        tag=TelemetryTag.objects.get(name=tag),
        measured_at=measured_at,
        value=value,
        received_at=measured_at,
    )


def native(*, measured_at: datetime = NOON, energy_kwh: float = 6884.0, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A native reading as a device would write it."""
    at = measured_at.isoformat().replace("+00:00", "Z")
    return {"measured_at": at, "energy_kwh": energy_kwh, **fields}


def a_message(
    *,
    device: Device | str,
    payload: Any,  # noqa: ANN401 - whatever a device may send: bytes as they are, the rest as JSON
    channel: str = "reading",
    utility: str = "",
    received_at: datetime = NOON,
) -> Message:
    """A message of ``device``, or of one that calls itself so, to the utility in scope."""
    slug = utility or Utility.objects.get(pk=current_utility_id()).slug
    identity = device if isinstance(device, str) else device.identity
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return Message(topics.up(utility=slug, device=identity, channel=channel), body, received_at)
