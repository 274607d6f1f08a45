"""What the tests of cut consumption share: readings by the hour, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from metering.enums import Finding, Resolution
from metering.models import (
    Device,
    MeterConsumption,
    PlaceConsumption,
    ReadingFlag,
)
from metering.operations.consumption import cut_consumption, mark_everything
from tests.metering.factories import NOON, a_reading

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # the 5th of January in Beijing


def readings(
    device: Device, energies_wh: Iterable[int], *, start: datetime = MIDNIGHT, step: timedelta = HOUR
) -> None:
    """One reading a step."""
    for n, energy_wh in enumerate(energies_wh):
        a_reading(device=device, measured_at=start + n * step, energy_wh=energy_wh)


def rows(resolution: Resolution = Resolution.HOUR, **where: Any) -> list[tuple[datetime, int, str]]:  # noqa: ANN401 - a query's
    """What is stored: from when, how much, how good."""
    found = MeterConsumption.objects.filter(resolution=resolution, **where).order_by(
        "starts_at", "installation_id"
    )
    return list(found.values_list("starts_at", "energy_wh", "quality"))


def everything() -> tuple[list[Any], list[Any]]:
    """Both tables whole, in a fixed order."""
    meters = MeterConsumption.objects.order_by(
        "device_id", "resolution", "starts_at", "installation_id"
    ).values_list()
    places = PlaceConsumption.objects.order_by(
        "place_sum", "place_id", "resolution", "starts_at"
    ).values_list()
    return list(meters), list(places)


def cut() -> tuple[list[Any], list[Any]]:
    """Cut what is marked, and answer everything."""
    cut_consumption(at=NOON)
    return everything()


def cut_from_scratch() -> tuple[list[Any], list[Any]]:
    """Forget all consumption and cut it anew."""
    MeterConsumption.objects.all().delete()
    PlaceConsumption.objects.all().delete()
    mark_everything()
    return cut()


def flag(device: Device, at: datetime, *, carry_wh: int | None = None) -> ReadingFlag:
    """A reading nobody may cut at, or one that rolled over."""
    return ReadingFlag.objects.create(
        device=device,
        measured_at=at,
        finding=Finding.ROLLOVER if carry_wh else Finding.SPIKE,
        is_unusable=carry_wh is None,
        carry_wh=carry_wh,
        found_at=NOON,
    )
