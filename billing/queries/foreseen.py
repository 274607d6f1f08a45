"""A home's heat as far as it was measured, and from then on as the cold of other winters lets expect it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from accounts.models import Utility
from accounts.period import Period, days, end_of, local_midnight
from billing.facts import Metered, MeterRun, Register, Temperatures
from billing.models import DegreeDays
from billing.months import calendar
from billing.queries.heat import BY_TRUST, Heat
from metering.enums import Quality

Wanted = Mapping[Period[date], Collection[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """The degree days of months; a winter that was, laid on the months to come."""

    by_month: Mapping[date, Decimal]

    def of(self, stretch: Period[date], *, less_k: Decimal = Decimal(0)) -> Fraction:
        """The degree days of these days, months shared out by days, rooms ``less_k`` cooler than usual.

        Raises:
            KeyError: a month is not known.
        """
        total = Fraction()
        for month in calendar(stretch, months=1):
            shared = month & stretch
            if shared is not None:
                a_day = Fraction(self.by_month[month.start]) / days(month)
                total += max(Fraction(), a_day - Fraction(less_k)) * days(shared)
        return total


def known_cold() -> dict[date, Decimal]:
    """The degree days of every month that was entered."""
    return dict(DegreeDays.objects.values_list("month", "kelvin_days"))


def winters(entered: Mapping[date, Decimal], ahead: Period[date]) -> list[Cold]:
    """Every earlier winter whose months are all entered, on the months of ``ahead``, the mildest first."""
    months = [month.start for month in calendar(ahead, months=1)]
    found = []
    for years in range(1, 1 + max((months[0].year - month.year for month in entered), default=0) + 1):
        then = [month.replace(year=month.year - years) for month in months]
        if all(month in entered for month in then):
            found.append(Cold(by_month=dict(zip(months, (entered[month] for month in then), strict=True))))
    return sorted(found, key=lambda cold: cold.of(ahead))


class Foreseen:
    """As `Heat`, of days that are not over yet too; what is expected is called estimated."""

    def __init__(
        self,
        wanted: Wanted,
        *,
        utility: Utility,
        known_until: date,
        expected_wh: Callable[[Period[date]], int],
        wants_water: bool = False,
    ) -> None:
        """Fetch what was measured until ``known_until``; ``expected_wh`` tells the heat after it."""
        self._utility, self._until, self._expected = utility, known_until, expected_wh
        past: dict[Period[date], set[int]] = {}
        for stretch, homes in wanted.items():
            over = self._over(stretch)
            if over is not None:
                past.setdefault(over, set()).update(homes)
        self._heat = Heat(past, utility=utility, wants_water=wants_water)

    def fault(self, household_id: int, days: Period[date]) -> str:
        """As `Heat.fault`, of the days that are over."""
        over = self._over(days)
        return "" if over is None else self._heat.fault(household_id, over)

    def metered(self, household_id: int, stretches: Sequence[Period[date]]) -> Metered:
        """What was measured and what is expected, meter after meter."""
        past = [over for stretch in stretches if (over := self._over(stretch)) is not None]
        measured = self._heat.metered(household_id, past) if past else None
        ahead = [rest for stretch in stretches if (rest := self._ahead(stretch)) is not None]
        runs = () if measured is None else measured.meters
        qualities = [] if measured is None else [Quality(measured.quality)]
        if ahead:
            qualities.append(Quality.ESTIMATED)
        return Metered(meters=(*runs, *self._runs(ahead)), quality=max(qualities, key=BY_TRUST.index).value)

    def temperatures(self, household_id: int, days: Period[date]) -> Temperatures | None:
        """Those of the days that are over."""
        over = self._over(days)
        return None if over is None else self._heat.temperatures(household_id, over)

    def _over(self, stretch: Period[date]) -> Period[date] | None:
        if stretch.start >= self._until:
            return None
        return Period(stretch.start, min(end_of(stretch), self._until))

    def _ahead(self, stretch: Period[date]) -> Period[date] | None:
        if end_of(stretch) <= self._until:
            return None
        return Period(max(stretch.start, self._until), stretch.end)

    def _runs(self, ahead: Iterable[Period[date]]) -> Iterable[MeterRun]:
        zone = self._utility.zone
        for rest in ahead:
            opening, closing = (
                Register(at=local_midnight(day, zone), energy_wh=wh, quality=Quality.ESTIMATED.value)
                for day, wh in ((rest.start, 0), (end_of(rest), self._expected(rest)))
            )
            yield MeterRun(serial="", opening=opening, closing=closing)
