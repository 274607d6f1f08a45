"""The one period type: half-open, ``[start, end)``, of local dates or aware instants; ``end`` may be open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

# `date` stands for local dates; datetime is its subclass, so both kinds fit, but never in one period.
Moment = TypeVar("Moment", bound=date)


class EmptyPeriodError(ValueError):
    """The end of a period must lie after its start."""


@dataclass(frozen=True, slots=True)
class Period(Generic[Moment]):
    """``[start, end)``; ``end`` is None while nobody knows it.

    Raises:
        EmptyPeriodError: the end is not after the start.
    """

    start: Moment
    end: Moment | None = None

    def __post_init__(self) -> None:
        """Refuse a period that contains no moment."""
        if self.end is not None and self.end <= self.start:
            raise EmptyPeriodError(f"A period must end after it starts: {self.start} to {self.end}.")

    def __contains__(self, moment: Moment) -> bool:
        """Whether ``moment`` lies in the period; the end itself does not."""
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlaps(self, other: Period[Moment]) -> bool:
        """Whether the two periods share a moment."""
        return self & other is not None

    def __and__(self, other: Period[Moment]) -> Period[Moment] | None:
        """The shared part, or None."""
        start = max(self.start, other.start)
        ends = [end for end in (self.end, other.end) if end is not None]
        end = min(ends) if ends else None
        if end is not None and end <= start:
            return None
        return Period(start, end)


def end_of(period: Period[Moment]) -> Moment:
    """The end of a closed period.

    Raises:
        EmptyPeriodError: the period has no end.
    """
    if period.end is None:
        raise EmptyPeriodError(f"The period from {period.start} has no end.")
    return period.end


def days(period: Period[date]) -> int:
    """How many days a closed period of dates has.

    Raises:
        EmptyPeriodError: the period has no end.
    """
    return (end_of(period) - period.start).days


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which ``day`` begins in ``zone``; 23- and 25-hour days follow from it."""
    return datetime.combine(day, time.min, tzinfo=zone)


def instants(period: Period[date], zone: ZoneInfo) -> Period[datetime]:
    """The same period as instants, from local midnight to local midnight."""
    end = None if period.end is None else local_midnight(period.end, zone)
    return Period(local_midnight(period.start, zone), end)


def day_starts(period: Period[date], zone: ZoneInfo) -> list[datetime]:
    """Local midnights from the first day of a closed period to its end inclusive: ``days + 1`` instants."""
    return [local_midnight(period.start + timedelta(days=n), zone) for n in range(days(period) + 1)]


class DatedModel(models.Model):
    """Rows that hold for whole local days, ``[starts_on, ends_on)``."""

    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def period(self) -> Period[date]:
        """The row's validity."""
        return Period(self.starts_on, self.ends_on)

    def clean(self) -> None:
        """Refuse an empty period here, because the overlap check of the database stumbles over it."""
        _refuse_empty("ends_on", self.starts_on, self.ends_on)


class TimedModel(models.Model):
    """Rows that hold between instants, ``[starts_at, ends_at)``."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def period(self) -> Period[datetime]:
        """The row's validity."""
        return Period(self.starts_at, self.ends_at)

    def clean(self) -> None:
        """As DatedModel's."""
        _refuse_empty("ends_at", self.starts_at, self.ends_at)


def ends_after_start(name: str, *, kind: type[DatedModel | TimedModel]) -> models.CheckConstraint:
    """The constraint that a row's period is not empty."""
    start, end = _columns(kind)
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": F(start)}),
        violation_error_message="A period must end after it starts.",
    )


def no_overlap(
    name: str,
    *keys: str,
    kind: type[DatedModel | TimedModel],
    condition: Q | None = None,
) -> ExclusionConstraint:
    """The constraint that rows with equal ``keys`` do not overlap in time (half-open)."""
    start, end = _columns(kind)
    span = (
        models.Func(start, end, function="DATERANGE", output_field=DateRangeField())
        if kind is DatedModel
        else models.Func(start, end, function="TSTZRANGE", output_field=DateTimeRangeField())
    )
    equal = [(key, RangeOperators.EQUAL) for key in keys]
    return ExclusionConstraint(
        name=name, expressions=[*equal, (span, RangeOperators.OVERLAPS)], condition=condition
    )


def on_day(day: date) -> Q:
    """Rows of a DatedModel that hold on ``day``."""
    return Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))


def at_instant(at: datetime) -> Q:
    """Rows of a TimedModel that hold at ``at``."""
    return Q(starts_at__lte=at) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))


def _refuse_empty(field: str, start: date | None, end: date | None) -> None:
    # A field the form could not read is None, and has its own error.
    if start is not None and end is not None and end <= start:
        raise ValidationError({field: _("A period must end after it starts.")})


def _columns(kind: type[DatedModel | TimedModel]) -> tuple[str, str]:
    return ("starts_on", "ends_on") if kind is DatedModel else ("starts_at", "ends_at")
