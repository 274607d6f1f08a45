"""A home to try a tariff on, as a file: what a bill would have to know of it, stated by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Final

from accounts.period import Period, end_of
from billing.facts import Failure, Home, InMonths, Metered, MeterRun, Overdue, Part, Register, Temperatures
from billing.form_reader import FormError, Reader, day, load, number, stretch
from billing.tariff_form import TariffForm

WH_IN: Final = {
    "energy_kwh": Fraction(1_000),
    "energy_mwh": Fraction(10**6),
    "energy_gj": Fraction(10**9, 3_600),
}
LITRES: Final = 1_000


def parse_home(text: str, form: TariffForm, *, currency: str, minor_digits: int) -> Home:
    """The home in the file with the tariff's components on all of its days.

    Raises:
        FormError: with a sentence for every fault.
    """
    faults: list[str] = []
    reader = Reader(load(text), at="", faults=faults)
    start, end = reader.read("from", day), reader.read("to", day)
    area = reader.read("floor_area_m2", number)
    power = reader.optional("power_kw", number)
    volume = reader.optional("volume_m3", number)
    energy_wh = _energy_wh(reader, faults)
    by_months = _by_months(reader, faults)
    supply, back = reader.optional("supply_c", number), reader.optional("return_c", number)
    suspended = [_stretch(item, f"suspended[{n}]", faults) for n, item in _numbered(reader, "suspended")]
    failures = [_failure(item, n, faults) for n, item in _numbered(reader, "failures")]
    overdue = [_overdue(item, n, faults) for n, item in _numbered(reader, "overdue")]
    reader.refuse_others()
    if not faults and end <= start:
        faults.append("to: the days end before they begin.")
    if faults:
        raise FormError(faults)
    days = Period(start, end)
    wanted = sorted({c.months for c in form.components if c.months})
    part = Part(
        period=days,
        tariff=form.tariff,
        metered=None if energy_wh is None else _metered(days, energy_wh, volume),
        in_months=tuple(
            InMonths(months=months, metered=_of_months(days, months, by_months, energy_wh, volume))
            for months in wanted
        ),
        temperatures=None if supply is None or back is None else Temperatures(supply_c=supply, return_c=back),
    )
    return Home(
        currency=currency,
        minor_digits=minor_digits,
        floor_area_m2=area,
        seasons=form.seasons,
        parts=(part,),
        power_kw=power,
        suspended=tuple(suspended),
        failures=tuple(failures),
        overdue=tuple(overdue),
    )


def _numbered(reader: Reader, name: str) -> list[tuple[int, object]]:
    return list(enumerate(reader.items(name), start=1))


def _energy_wh(reader: Reader, faults: list[str]) -> int | None:
    given = {unit: reader.optional(unit, number) for unit in WH_IN}
    known = {unit: amount for unit, amount in given.items() if amount is not None}
    if len(known) > 1:
        faults.append(f"{', '.join(known)}: one of them is enough.")
    for unit, amount in known.items():
        # Meters count whole watt-hours.
        return int(Fraction(amount) * WH_IN[unit])
    return None


def _by_months(reader: Reader, faults: list[str]) -> dict[int, int]:
    """Watt-hours by calendar month, where the file tells them apart."""
    months = reader.optional("energy_kwh_by_month", dict)
    if months is None:
        return {}
    inner = Reader(months, at="energy_kwh_by_month.", faults=faults)
    found = {month: inner.optional(str(month), number) for month in range(1, 13)}
    inner.refuse_others()
    return {month: int(kwh * 1_000) for month, kwh in found.items() if kwh is not None}


def _of_months(
    days: Period[date],
    months: tuple[int, ...],
    by_months: dict[int, int],
    energy_wh: int | None,
    volume: Decimal | None,
) -> Metered | None:
    if by_months:
        return _metered(days, sum(by_months.get(month, 0) for month in months), volume)
    # Not told apart: all of it counts where the bill's first day lies in these months, and else nothing.
    return None if energy_wh is None or days.start.month not in months else _metered(days, energy_wh, volume)


def _metered(days: Period[date], energy_wh: int, volume: Decimal | None) -> Metered:
    opened, closed = (datetime.combine(at, time.min, tzinfo=UTC) for at in (days.start, end_of(days)))
    litres = None if volume is None else int(volume * LITRES)
    opening = Register(at=opened, energy_wh=0, quality="measured", volume_l=None if litres is None else 0)
    closing = Register(at=closed, energy_wh=energy_wh, quality="measured", volume_l=litres)
    return Metered(meters=(MeterRun(serial="1", opening=opening, closing=closing),), quality="measured")


def _stretch(item: object, at: str, faults: list[str]) -> Period[date]:
    return Reader({at: item}, at="", faults=faults).read(at, stretch)


def _failure(item: object, n: int, faults: list[str]) -> Failure:
    reader = Reader(item, at=f"failures[{n}].", faults=faults)
    failure = Failure(period=reader.read("days", stretch), ratio=reader.read("ratio", number, Decimal(1)))
    reader.refuse_others()
    return failure


def _overdue(item: object, n: int, faults: list[str]) -> Overdue:
    reader = Reader(item, at=f"overdue[{n}].", faults=faults)
    overdue = Overdue(period=reader.read("days", stretch), amount=reader.read("amount", number))
    reader.refuse_others()
    return overdue
