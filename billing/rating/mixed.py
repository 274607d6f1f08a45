"""A home that never was: some of its facts from one bill, the others from the bill of a year before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from accounts.period import Period, days, end_of
from billing.facts import Home, InMonths, Metered, MeterRun, Part, Tariff
from billing.months import calendar, cut_at, in_months
from billing.rating.charges import MissingFactError
from billing.terms import Factor

A_YEAR_DAYS: Final = Fraction(36525, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A bill's facts, how cold its days were (None where nobody knows), and what its documents come to."""

    home: Home
    kelvin_days: Decimal | None
    charged_minor: int


def mixed(before: Billed, now: Billed, taken: Collection[Factor]) -> Home:
    """The facts of ``before``, but those of the factors ``taken`` from ``now``.

    With no factor it is the home of before, with all of them that of now. The days are those of the base;
    prices, heat and events of the other bill are laid on the same calendar days of its year. Heat follows
    the cold in proportion; where a cold is not known it stays as it was measured.

    Raises:
        MissingFactError: the prices ask for heat that nobody knows.
    """

    def source(factor: Factor) -> Billed:
        return now if factor in taken else before

    frame, demand = source(Factor.BASE).home, source(Factor.BEHAVIOUR)
    heat = _Heat(demand.home, frame.period, ratio=_colder(source(Factor.WEATHER), demand))
    events = source(Factor.CORRECTION).home
    prices = _priced(source(Factor.PRICE).home, frame.period)
    return replace(
        frame,
        parts=tuple(_part(frame, piece, prices, heat) for piece in _pieces(frame, prices)),
        failures=tuple(
            replace(each, period=period)
            for each in events.failures
            for period in _laid([each.period], events.period, frame.period)
        ),
        overdue=tuple(
            replace(each, period=period)
            for each in events.overdue
            for period in _laid([each.period], events.period, frame.period)
        ),
    )


def _colder(weather: Billed, demand: Billed) -> Fraction:
    """What the heat of one year is to be multiplied with for the cold of another."""
    if not weather.kelvin_days or not demand.kelvin_days:
        return Fraction(1)
    return Fraction(weather.kelvin_days) / Fraction(demand.kelvin_days)


def _priced(home: Home, onto: Period[date]) -> list[tuple[date, Tariff]]:
    """From which of the days ``onto`` each tariff counts."""
    changes = [(part.period.start, part.tariff) for part in home.parts]
    kept = [changes[0], *(after for before, after in pairwise(changes) if after[1] is not before[1])]
    return [(_day(start, home.period, onto), tariff) for start, tariff in kept]


def _pieces(frame: Home, prices: Sequence[tuple[date, Tariff]]) -> list[Period[date]]:
    """The frame's days, cut where its base changes and where the prices do."""
    own = (
        after.period.start
        for before, after in pairwise(frame.parts)
        if before.tariff is after.tariff or _base(frame, before) != _base(frame, after)
    )
    return cut_at(frame.period, [*own, *(start for start, _tariff in prices)])


def _base(home: Home, part: Part) -> tuple[Decimal, Decimal | None]:
    return home.area_in(part), home.power_in(part)


def _part(frame: Home, piece: Period[date], prices: Sequence[tuple[date, Tariff]], heat: _Heat) -> Part:
    base = next(part for part in frame.parts if piece.start in part.period)
    tariff = [tariff for start, tariff in prices if start <= piece.start][-1]
    wanted = tariff.schedules
    return replace(
        base,
        period=piece,
        tariff=tariff,
        metered=heat.of([piece]) if () in wanted else None,
        in_months=tuple(
            InMonths(months=months, metered=heat.of(stretches) if stretches else None)
            for months in sorted(wanted - {()})
            for stretches in [in_months(piece, months)]
        ),
        temperatures=heat.source_of(piece).temperatures,
    )


def _day(day: date, source: Period[date], onto: Period[date]) -> date:
    """The same calendar day of the other bill; first day and end stay first day and end."""
    if day <= source.start:
        return onto.start
    if day >= end_of(source):
        return end_of(onto)
    years = round(Fraction((onto.start - source.start).days) / A_YEAR_DAYS)
    is_leap_day = years and (day.month, day.day) == (2, 29)
    same = day.replace(year=day.year + years, day=28 if is_leap_day else day.day)
    return min(max(same, onto.start), end_of(onto))


def _laid(stretches: Iterable[Period[date]], source: Period[date], onto: Period[date]) -> list[Period[date]]:
    """Stretches of ``source`` as days of ``onto``; those of which no day is left are left out."""
    ends = (
        (_day(each.start, source, onto), _day(end_of(each), source, onto))
        for stretch in stretches
        if (each := stretch & source) is not None
    )
    return [Period(start, end) for start, end in ends if start < end]


class _Heat:
    """The heat of one bill on the days of another, in the cold of either."""

    def __init__(self, home: Home, frame: Period[date], *, ratio: Fraction) -> None:
        self._home, self._frame, self._ratio = home, frame, ratio
        # As it was measured where the stretch is one that was: nothing is rounded that need not be.
        self._known: dict[tuple[Period[date], ...], Metered] = {}
        for part in home.parts:
            for each in part.in_months:
                if each.metered is not None:
                    self._known[tuple(in_months(part.period, each.months))] = each.metered
            if part.metered is not None:
                self._known[part.period,] = part.metered

    def source_of(self, piece: Period[date]) -> Part:
        """The part of the bill in which a piece of the frame begins."""
        start = _day(piece.start, self._frame, self._home.period)
        return next((part for part in self._home.parts if start in part.period), self._home.parts[-1])

    def of(self, stretches: Sequence[Period[date]]) -> Metered:
        """The heat of these days of the frame.

        Raises:
            MissingFactError: nobody knows it.
        """
        laid = _laid(stretches, self._frame, self._home.period)
        known = self._known.get(tuple(laid))
        if known is not None and self._ratio == 1:
            return known
        if known is not None:
            energy, volume = Fraction(known.energy_wh), known.volume_l
            return _counted(
                known, energy * self._ratio, None if volume is None else Fraction(volume) * self._ratio
            )
        shares = [share for part in self._home.parts for share in self._shares(part, laid)]
        volumes = [share[2] for share in shares if share[2] is not None]
        return _counted(
            shares[0][0] if shares else self._profile(self._home.parts[0])[0][1],
            sum((energy for _metered, energy, _volume in shares), Fraction()) * self._ratio,
            sum(volumes, Fraction()) * self._ratio if len(volumes) == len(shares) else None,
        )

    def _shares(
        self, part: Part, laid: Sequence[Period[date]]
    ) -> Iterable[tuple[Metered, Fraction, Fraction | None]]:
        """What each stretch that is known has of the days: by days, as nothing finer is known."""
        for stretches, metered in self._profile(part):
            shared = [both for one in stretches for other in laid if (both := one & other) is not None]
            if shared:
                share = Fraction(sum(map(days, shared)), sum(map(days, stretches)))
                volume = None if metered.volume_l is None else metered.volume_l * share
                yield metered, metered.energy_wh * share, volume

    def _profile(self, part: Part) -> list[tuple[list[Period[date]], Metered]]:
        """The part's heat as finely as it is known: by the months of its prices, or as one."""
        by_months = [
            (in_months(part.period, each.months), each.metered)
            for each in part.in_months
            if each.metered is not None
        ]
        covered = [month for each in part.in_months if each.metered is not None for month in each.months]
        touched = {each.start.month for each in calendar(part.period, months=1)}
        if by_months and len(covered) == len(set(covered)) and touched <= set(covered):
            return by_months
        if part.metered is None:
            raise MissingFactError(
                f"Nobody knows the heat of {part.period.start} to {part.period.end} month by month."
            )
        return [([part.period], part.metered)]


def _counted(like: Metered, energy_wh: Fraction, volume_l: Fraction | None) -> Metered:
    """So much heat and water between the first and last instant of ``like``."""
    opening, closing = like.meters[0].opening, like.meters[-1].closing
    return Metered(
        quality=like.quality,
        meters=(
            MeterRun(
                serial=like.meters[0].serial,
                opening=replace(opening, energy_wh=0, volume_l=None if volume_l is None else 0, between=()),
                closing=replace(
                    closing,
                    energy_wh=round(energy_wh),
                    volume_l=None if volume_l is None else round(volume_l),
                    between=(),
                ),
            ),
        ),
    )
