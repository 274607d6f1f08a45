"""Where a register would stand after its last reading, and the estimates of it that count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from metering.enums import DeviceKind
from metering.models import Installation, Reading, ReadingFlag, RegisterEstimate
from metering.queries.neighbourhoods import usable_readings

# What a meter counted lately says most of what it would have counted since.
LATELY: Final = timedelta(days=30)
FOREVER: Final = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The register at ``estimated_at`` if the place goes on as in the days before the last reading."""

    estimated_at: datetime
    last_at: datetime
    last_wh: int
    since_at: datetime
    since_wh: int

    @property
    def daily_wh(self) -> float:
        """What was counted a day lately; nothing where there is but one reading."""
        days = (self.last_at - self.since_at) / timedelta(days=1)
        return (self.last_wh - self.since_wh) / days if days else 0.0

    def daily_wh_up_to(self, energy_wh: int) -> float:
        """What a day would have counted since, if the register stood so."""
        return (energy_wh - self.last_wh) / ((self.estimated_at - self.last_at) / timedelta(days=1))

    @property
    def energy_wh(self) -> int:
        """Where the register would stand."""
        passed_s = int((self.estimated_at - self.last_at).total_seconds())
        span_s = int((self.last_at - self.since_at).total_seconds())
        return self.last_wh + ((self.last_wh - self.since_wh) * passed_s // span_s if span_s else 0)


def proposal(device_id: int, *, estimated_at: datetime) -> Proposal:
    """Where the meter's register would stand then.

    Raises:
        ValidationError: it is no heat meter, hung nowhere then, was never read there, or was read at or after
            that instant.
    """
    stay = (
        Installation.objects.filter(Q(ends_at=None) | Q(ends_at__gte=estimated_at), device_id=device_id)
        .filter(device__kind=DeviceKind.HEAT_METER, starts_at__lte=estimated_at)
        .order_by("-starts_at")
        .first()
    )
    if stay is None:
        raise ValidationError({"estimated_at": _("No heat meter hung here at that time.")})
    rows = usable_readings(device_id).filter(measured_at__gte=stay.starts_at)
    if stay.ends_at is not None:
        rows = rows.filter(measured_at__lte=stay.ends_at)
    if rows.filter(measured_at__gte=estimated_at).exists():
        message = _("A reading at or after that time can be used, so there is nothing to estimate.")
        raise ValidationError({"estimated_at": message})
    last = rows.order_by("-measured_at").first()
    if last is None:
        raise ValidationError(
            {"estimated_at": _("The meter was never read here, so nothing can go on from it.")}
        )
    lately = rows.filter(measured_at__gte=last.measured_at - LATELY).order_by("measured_at")
    # From what fell since, as a register that rolled over, nothing can be told.
    first = lately.filter(energy_wh__lte=last.energy_wh or 0).first() or last
    return Proposal(
        estimated_at, last.measured_at, last.energy_wh or 0, first.measured_at, first.energy_wh or 0
    )


def estimates() -> QuerySet[Any]:  # rows with an annotation
    """All estimates, each with ``is_in_force``: not taken back, and no reading since that can be used."""
    unusable = ReadingFlag.objects.filter(
        device_id=OuterRef("device_id"),
        measured_at=OuterRef("measured_at"),
        is_unusable=True,
        withdrawn_at=None,
    )
    stay = Installation.objects.filter(
        Q(ends_at=None) | Q(ends_at__gte=OuterRef("estimated_at")),
        device_id=OuterRef("device_id"),
        starts_at__lte=OuterRef("estimated_at"),
    )
    since = Reading.objects.filter(
        ~Exists(unusable),
        # What it says elsewhere says nothing of where it hung then.
        measured_at__lte=OuterRef("hung_until"),
        device_id=OuterRef("device_id"),
        measured_at__gte=OuterRef("estimated_at"),
        energy_wh__isnull=False,
    )
    hung_until = Coalesce(Subquery(stay.order_by("-starts_at").values("ends_at")[:1]), Value(FOREVER))
    rows = RegisterEstimate.objects.annotate(hung_until=hung_until)
    return rows.annotate(is_in_force=Q(withdrawn_at=None) & ~Exists(since))


def estimates_in_force(device_id: int) -> QuerySet[RegisterEstimate]:
    """Those of one meter that count, in the order of their instants."""
    return estimates().filter(device_id=device_id, is_in_force=True).order_by("estimated_at")
