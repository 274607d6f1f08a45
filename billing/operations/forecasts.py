"""What a season will have cost, in the cold of earlier winters; nothing is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Final

from django.utils.translation import gettext as _

from accounts.models import Contract
from accounts.period import Period, days, end_of, on_day
from accounts.queries.access import Access
from billing.facts import Home
from billing.models import HeatingSeason
from billing.operations.rated import REASONS
from billing.queries.comparisons import year_before
from billing.queries.facts import gather
from billing.queries.foreseen import Cold, Foreseen, known_cold, winters
from billing.queries.heat import Heat
from billing.queries.invoices import contract_of
from billing.rating.bill import collect, limited
from billing.terms import ComponentKind
from metering.queries.latest import latest_readings

# Fewer days say little about how a home is heated; then the season before does.
LEAST_DAYS: Final = 21
ONE_DEGREE: Final = Decimal(1)


class NoForecastError(ValueError):
    """The season cannot be foreseen; a sentence for who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The season as it would end: all charges with tax after cap and minimum, and what the cap looks at."""

    total_minor: int
    framed_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A season in the mildest, the middle and the coldest of the winters that are known.

    ``cooler`` is the middle one with rooms one degree cooler from tomorrow on. ``cap_minor`` is the most that
    standing charge, area, power, heat and water may come to, before tax; None without a cap.
    """

    season: Period[date]
    known_until: date
    winters: int
    currency: str
    so_far_wh: int
    mild: Outcome
    middle: Outcome
    cold: Outcome
    cooler: Outcome
    cap_minor: int | None

    @property
    def saved_minor(self) -> int:
        """What a degree less saves in the middle winter."""
        return self.middle.total_minor - self.cooler.total_minor

    @property
    def cap_percent(self) -> int | None:
        """How much of the cap the middle winter reaches; above 100 the cap takes the rest off."""
        return round(100 * self.middle.framed_minor / self.cap_minor) if self.cap_minor else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Season:
    """A home's season: what was measured, and how much heat a degree day asks for."""

    access: Access
    contract: Contract
    days: Period[date]
    known_until: date
    wh_per_kelvin_day: Fraction

    @property
    def ahead(self) -> Period[date]:
        return Period(self.known_until, self.days.end)


def forecast(access: Access, *, at: datetime) -> Forecast:
    """The season that runs at ``at``, for the contract that concerns the person.

    Raises:
        NoForecastError: no season runs, or contract, readings, degree days or a price's facts are missing.
    """
    season = _season(access, at=at)
    scenarios = winters(known_cold(), season.ahead)
    if not scenarios:
        raise NoForecastError(_("How cold earlier winters were is not entered: there is nothing to go by."))
    mild, middle, cold = scenarios[0], scenarios[len(scenarios) // 2], scenarios[-1]
    middle_home = _home(season, middle)
    limits = collect(middle_home).limits[ComponentKind.CAP]
    return Forecast(
        season=season.days,
        known_until=season.known_until,
        winters=len(scenarios),
        currency=access.utility.currency,
        so_far_wh=_used_wh(access, Period(season.days.start, season.known_until)),
        mild=_outcome(_home(season, mild)),
        middle=_outcome(middle_home),
        cold=_outcome(_home(season, cold)),
        cooler=_outcome(_home(season, middle, less_k=ONE_DEGREE)),
        cap_minor=sum(limit.net_minor for limit in limits) if limits else None,
    )


def _season(access: Access, *, at: datetime) -> _Season:
    today = access.utility.local_date(at)
    contract = contract_of(access, on=today)
    running = HeatingSeason.objects.filter(on_day(today)).first()
    shared = None if contract is None or running is None else contract.period & running.period
    if contract is None or shared is None:
        raise NoForecastError(_("No heating season runs today."))
    latest = latest_readings([access.household.pk]).get(access.household.pk)
    known_until = None if latest is None else min(today, access.utility.local_date(latest.measured_at))
    if known_until is None or known_until <= shared.start:
        raise NoForecastError(_("No meter reading of this season has arrived yet."))
    return _Season(
        access=access,
        contract=contract,
        days=shared,
        known_until=known_until,
        wh_per_kelvin_day=_signature(access, contract, shared, known_until),
    )


def _signature(access: Access, contract: Contract, season: Period[date], known_until: date) -> Fraction:
    """The home's heat a degree day: of this season's months that are over, or of the season before."""
    entered = known_cold()
    month, until = season.start, season.start
    while month.replace(day=1) in entered and until < known_until:
        month = end_of(_month_of(month))
        until = min(month, known_until)
    own = Period(season.start, until) if until > season.start else None
    before = contract.period & year_before(season)
    for stretch in (own, before):
        if stretch is None or days(stretch) < LEAST_DAYS:
            continue
        try:
            cold = Cold(by_month=entered).of(stretch)
        except KeyError:
            continue
        used = _used_wh(access, stretch)
        if used > 0 and cold:
            return Fraction(used) / cold
    raise NoForecastError(_("There are not yet three weeks of heat and degree days to go by."))


def _month_of(day: date) -> Period[date]:
    first = day.replace(day=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Period(first, following)


def _used_wh(access: Access, stretch: Period[date]) -> int:
    """What was measured on these days; nothing where it is not known."""
    heat = Heat({stretch: {access.household.pk}}, utility=access.utility)
    if heat.fault(access.household.pk, stretch):
        return 0
    return heat.metered(access.household.pk, [stretch]).energy_wh


def _home(season: _Season, cold: Cold, *, less_k: Decimal = Decimal(0)) -> Home:
    """The season's facts, its days ahead as cold as those of another winter."""

    def expected_wh(stretch: Period[date]) -> int:
        return round(season.wh_per_kelvin_day * cold.of(stretch, less_k=less_k))

    billable, skipped = gather(
        contracts=[season.contract],
        period=season.days,
        utility=season.access.utility,
        heat_of=partial(Foreseen, known_until=season.known_until, expected_wh=expected_wh),
    )
    if skipped:
        raise NoForecastError(f"{skipped[0].reason.label}: {skipped[0].detail}")
    return billable[0].home


def _outcome(home: Home) -> Outcome:
    try:
        collected = collect(home)
        bill = limited(collected)
    except tuple(REASONS) as error:
        raise NoForecastError(f"{REASONS[type(error)].label}: {error}") from error
    return Outcome(
        total_minor=bill.total_minor,
        framed_minor=sum(line.net_minor for line in collected.framed[ComponentKind.CAP]),
    )
