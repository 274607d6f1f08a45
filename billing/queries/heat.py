"""The registers that bills are cut at, for many homes at once, and what is missing among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from accounts.models import Utility
from accounts.period import Period, end_of, instants
from billing.facts import Metered, MeterRun, Register, Temperatures
from billing.queries.water import water_of
from metering.enums import DeviceKind, Quality
from metering.models import Installation
from metering.queries.consumption import MeteredEnergy, RegisterReading, metered_energy

# A line is trusted as far as the last of its readings in this order.
BY_TRUST: Final = [Quality.MEASURED, Quality.ESTIMATED, Quality.SUSPECT]
# An exchange takes an hour; heat that ran past no meter for longer is known only in part.
LONGEST_EXCHANGE: Final = timedelta(days=1)


class Heat:
    """What each home used in each stretch of days: two statements a stretch, for any number of homes."""

    def __init__(
        self, wanted: Mapping[Period[date], Collection[int]], *, utility: Utility, wants_water: bool = False
    ) -> None:
        """Fetch the heat, and where it is wanted the water, of the homes wanted for each stretch."""
        self._zone = utility.zone
        self._energy = {days: metered_energy(homes, days) for days, homes in wanted.items()}
        self._hung = {days: self._installed(homes, days) for days, homes in wanted.items()}
        self._water = {
            days: water_of(homes, days, utility=utility) for days, homes in wanted.items() if wants_water
        }

    def fault(self, household_id: int, days: Period[date]) -> str:
        """Why the home's heat of these days is not known, as a sentence; empty where it is."""
        energy = self._energy[days].get(household_id)
        if energy is None:
            return f"No meter was read between {days.start} and {days.end}."
        # The energy is silent about a meter that was never read; its heat would be given away.
        if len(energy.meters) < len(self._hung[days][household_id]):
            return f"One of the home's meters was not read between {days.start} and {days.end}."
        bounds = instants(days, self._zone)
        for meter in energy.meters:
            if _is_unknown(meter.opening, bounds.start):
                return f"Meter {meter.serial} was not read before {days.start}."
            if _is_unknown(meter.closing, end_of(bounds)):
                return f"Meter {meter.serial} was not read after {days.end}."
        return ""

    def metered(self, household_id: int, stretches: Sequence[Period[date]]) -> Metered:
        """The registers of all stretches and the worst quality among them, where there is no fault."""
        runs: list[MeterRun] = []
        qualities: list[Quality] = []
        for days in stretches:
            energy = self._energy[days][household_id]
            water = self._water.get(days, {}).get(household_id)
            runs += _runs(energy, {} if water is None else water.registers)
            qualities += [end.quality for meter in energy.meters for end in (meter.opening, meter.closing)]
            if _has_hole(self._hung[days][household_id], instants(days, self._zone)):
                qualities.append(Quality.ESTIMATED)
        return Metered(meters=tuple(runs), quality=max(qualities, key=BY_TRUST.index).value)

    def temperatures(self, household_id: int, days: Period[date]) -> Temperatures | None:
        """The mean temperatures of the home's water, where they were measured and asked for."""
        water = self._water.get(days, {}).get(household_id)
        return None if water is None else water.temperatures

    def _installed(
        self, household_ids: Collection[int], days: Period[date]
    ) -> dict[int, list[Period[datetime]]]:
        """When heat meters hung in each home within the days, in the order they were hung up."""
        bounds = instants(days, self._zone)
        rows = Installation.objects.filter(
            household__any_of=household_ids, device__kind=DeviceKind.HEAT_METER
        )
        rows = rows.filter(starts_at__lt=bounds.end).exclude(ends_at__lte=bounds.start)
        hung: dict[int, list[Period[datetime]]] = defaultdict(list)
        columns = rows.order_by("starts_at").values_list("household", "starts_at", "ends_at")
        for household_id, starts_at, ends_at in columns:
            hung[household_id or 0].append(Period(starts_at, ends_at))
        return hung


def _has_hole(hung: Iterable[Period[datetime]], bounds: Period[datetime]) -> bool:
    """Whether no meter hung for longer than an exchange takes."""
    covered_until = bounds.start
    for period in hung:
        if period.start > covered_until + LONGEST_EXCHANGE:
            return True
        covered_until = max(covered_until, period.end or end_of(bounds))
    return end_of(bounds) > covered_until + LONGEST_EXCHANGE


def _is_unknown(register: RegisterReading, bound: datetime) -> bool:
    """Whether no reading lies beyond the boundary; a meter taken down before it is known all the same."""
    return register.quality is Quality.ESTIMATED and register.at != bound


def _runs(energy: MeteredEnergy, water: Mapping[str, tuple[int | None, int | None]]) -> tuple[MeterRun, ...]:
    return tuple(
        MeterRun(
            serial=meter.serial,
            opening=_register(meter.opening, water.get(meter.serial, (None, None))[0]),
            closing=_register(meter.closing, water.get(meter.serial, (None, None))[1]),
        )
        for meter in energy.meters
    )


def _register(reading: RegisterReading, volume_l: int | None) -> Register:
    return Register(
        at=reading.at,
        energy_wh=reading.energy_wh,
        quality=reading.quality.value,
        volume_l=volume_l,
        between=reading.between,
    )
