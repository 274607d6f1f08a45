"""What a clerk looks at to decide about an exception: the readings around it, and what was decided before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.enums import Finding
from metering.models import Reading, ReadingEdit, ReadingFlag
from metering.queries.exceptions import Extent, extents

AROUND: Final = timedelta(days=2)
# So many readings are drawn, and so many of them are listed.
MOST_DRAWN: Final = 600
MOST_LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading beside an exception; ``findings`` are their labels."""

    measured_at: datetime
    energy_wh: int
    power_w: float | None
    is_used: bool
    findings: str

    @property
    def energy_kwh(self) -> float:
        """The register as people read it."""
        return self.energy_wh / 1000

    @property
    def power_kw(self) -> float | None:
        """The power as people read it."""
        return None if self.power_w is None else self.power_w / 1000


@dataclass(frozen=True, slots=True)
class Sight:
    """The neighbourhood of an exception, ascending, and the place of its first reading in it."""

    extent: Extent
    readings: list[Seen]
    first: int
    edits: list[ReadingEdit]

    @property
    def closest(self) -> list[Seen]:
        """The readings right around the first of the exception."""
        start = max(0, self.first - MOST_LISTED // 2)
        return self.readings[start : start + MOST_LISTED]


def sight_of(head: ReadingFlag) -> Sight:
    """What is around the exception that begins with ``head``; four statements."""
    extent = extents([head.pk]).get(head.pk, Extent(1, head.measured_at))
    bounds = (head.measured_at - AROUND, extent.last_at + AROUND)
    labels: defaultdict[datetime, list[str]] = defaultdict(list)
    unusable = set()
    flags = ReadingFlag.objects.filter(
        device_id=head.device_id, withdrawn_at=None, measured_at__range=bounds
    ).order_by("measured_at", "finding")
    for measured_at, finding, is_unusable in flags.values_list("measured_at", "finding", "is_unusable"):
        labels[measured_at].append(str(Finding(finding).label))
        unusable |= {measured_at} if is_unusable else set()
    rows = Reading.objects.filter(
        device_id=head.device_id, measured_at__range=bounds, energy_wh__isnull=False
    ).order_by("measured_at")
    readings = [
        Seen(at, wh or 0, power_w, at not in unusable, "; ".join(labels[at]))
        for at, wh, power_w in rows.values_list("measured_at", "energy_wh", "power_w")[:MOST_DRAWN]
    ]
    first = next((n for n, one in enumerate(readings) if one.measured_at >= head.measured_at), 0)
    edits = ReadingEdit.objects.filter(device_id=head.device_id, measured_at=head.measured_at)
    return Sight(extent, readings, first, list(edits.select_related("made_by").order_by("version")))
