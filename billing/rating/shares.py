"""Which share of a seasonal, yearly or monthly price some days carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from accounts.period import Period, days, end_of
from billing.facts import ONE
from billing.months import calendar, in_months
from billing.terms import Per

YEAR: Final = timedelta(days=365)


class NoSeasonError(ValueError):
    """A seasonal price cannot be shared out: nobody entered the heating season of these days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``days`` of the ``of`` days for which the price is the whole price; ``ratio`` of them counts."""

    days: int
    of: int
    ratio: Decimal = ONE

    @property
    def exact(self) -> Fraction:
        """The share as a number."""
        return Fraction(self.days, self.of) * Fraction(self.ratio)

    def __str__(self) -> str:
        """As it stands in a formula: ``31 d / 120 d``."""
        time = f"{self.days} d" if self.of == 1 else f"{self.days} d / {self.of} d"
        return time if self.ratio == 1 else f"{time} × {self.ratio.normalize():f}"


def shares(
    period: Period[date],
    per: Per,
    *,
    seasons: Sequence[Period[date]],
    months: Sequence[int] = (),
    ratio: Decimal = ONE,
) -> list[Share]:
    """One share for each season, year or month that ``period`` touches; none outside every season.

    ``months`` keeps only these calendar months (of a price per month or day); empty means all.
    The shares sum to the number of whole prices due: a period that is split anywhere keeps the sum.

    Raises:
        NoSeasonError: the price is seasonal and the season of some of the days is not known.
    """
    if per is Per.SEASON:
        wholes = sorted(seasons, key=lambda season: season.start)
        _refuse_unknown(period, wholes)
    elif per is Per.DAY:
        return [Share(days=days(part), of=1, ratio=ratio) for part in in_months(period, months)]
    else:
        wholes = list(calendar(period, months=1 if per is Per.MONTH else 12))
        wholes = [whole for whole in wholes if not months or whole.start.month in months]
    touched = ((whole, whole & period) for whole in wholes)
    return [
        Share(days=days(part), of=days(whole), ratio=ratio) for whole, part in touched if part is not None
    ]


def without(period: Period[date], holes: Sequence[Period[date]]) -> list[Period[date]]:
    """The stretches of ``period`` outside all ``holes``, which do not overlap each other."""
    stretches, start = [], period.start
    for hole in sorted(filter(None, (hole & period for hole in holes)), key=lambda hole: hole.start):
        if start < hole.start:
            stretches.append(Period(start, hole.start))
        start = end_of(hole)
    return [*stretches, Period(start, period.end)] if start < end_of(period) else stretches


def _refuse_unknown(period: Period[date], seasons: Sequence[Period[date]]) -> None:
    # A season once a year: the one of 2025/26 tells of all days from a year before its end until a
    # year after its start. A winter whose season nobody entered must not pass for a summer.
    known_until = period.start
    for season in seasons:
        known = Period(end_of(season) - YEAR, season.start + YEAR)
        if known_until in known:
            known_until = season.start + YEAR
    if known_until < end_of(period):
        raise NoSeasonError(f"No heating season is known for {known_until} to {period.end}.")
