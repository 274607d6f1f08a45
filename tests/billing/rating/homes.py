"""Facts for rating: Beijing's two-part tariff on a home of 100 m² unless told otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.period import Period
from billing.facts import Component, Home, Metered, MeterRun, Part, Register, Tariff
from billing.terms import ComponentKind, Per, Rounding, Unit

# 15 November to 15 March: 120 days.
SEASON = Period(date(2025, 11, 15), date(2026, 3, 15))
NO_TAX = Decimal(0)


def fixed(price: str, *, per: Per = Per.YEAR, tax_rate: str = "0") -> Component:
    return Component(
        id=1,
        kind=ComponentKind.FIXED,
        name="Standing charge",
        unit=Unit.HOME,
        per=per,
        price=Decimal(price),
        tax_rate=Decimal(tax_rate),
    )


def area(price: str, *, per: Per = Per.SEASON, tax_rate: str = "0") -> Component:
    return Component(
        id=2,
        kind=ComponentKind.AREA,
        name="Base fee",
        unit=Unit.M2,
        per=per,
        price=Decimal(price),
        tax_rate=Decimal(tax_rate),
    )


def energy(price: str, *, unit: Unit = Unit.KWH, tax_rate: str = "0") -> Component:
    return Component(
        id=3,
        kind=ComponentKind.ENERGY,
        name="Metered heat",
        unit=unit,
        per=Per.QUANTITY,
        price=Decimal(price),
        tax_rate=Decimal(tax_rate),
    )


def cap(price: str, *, tax_rate: str = "0") -> Component:
    return Component(
        id=4,
        kind=ComponentKind.CAP,
        name="Cap at the area fee",
        unit=Unit.M2,
        per=Per.SEASON,
        price=Decimal(price),
        tax_rate=Decimal(tax_rate),
    )


def priced(
    kind: ComponentKind,
    price: str,
    *,
    unit: Unit,
    per: Per = Per.QUANTITY,
    **terms: Any,  # noqa: ANN401 - as the component's fields are
) -> Component:
    """Any component; ``terms`` are the further fields of one."""
    return Component(
        id=5,
        kind=kind,
        name=kind.value.capitalize(),
        unit=unit,
        per=per,
        price=Decimal(price),
        tax_rate=Decimal(terms.pop("tax_rate", "0")),
        **terms,
    )


def tariff(*components: Component, rounding: Rounding = Rounding.HALF_UP, name: str = "2025") -> Tariff:
    return Tariff(id=7, name=name, valid=Period(date(2025, 1, 1)), components=components, rounding=rounding)


BEIJING = tariff(area("12"), energy("0.16"))


def metered(
    energy_wh: int, *, quality: str = "measured", opening_wh: int = 1_000_000, volume_l: int | None = None
) -> Metered:
    opening = Register(
        at=datetime(2025, 11, 14, 16, tzinfo=UTC),
        energy_wh=opening_wh,
        quality=quality,
        volume_l=None if volume_l is None else 0,
    )
    closing = Register(
        at=datetime(2026, 3, 14, 16, tzinfo=UTC),
        energy_wh=opening_wh + energy_wh,
        quality=quality,
        volume_l=volume_l,
    )
    return Metered(meters=(MeterRun(serial="41", opening=opening, closing=closing),), quality=quality)


def part(*, of: Tariff = BEIJING, period: Period[date] = SEASON, energy_wh: int = 5_000_000) -> Part:
    return Part(period=period, tariff=of, metered=metered(energy_wh))


def home(
    *parts: Part,
    area_m2: str = "100",
    seasons: tuple[Period[date], ...] = (SEASON,),
    currency: str = "CNY",
    **facts: Any,  # noqa: ANN401 - as the home's fields are
) -> Home:
    """A home; ``facts`` are its power, suspensions, failures and overdue sums."""
    return Home(
        currency=currency,
        minor_digits=2,
        floor_area_m2=Decimal(area_m2),
        seasons=seasons,
        parts=parts or (part(),),
        **facts,
    )
