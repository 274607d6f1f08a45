"""What rating has to know, and nothing else: frozen, hashable, free of the database.

Queries gather these, `billing.rating` turns them into lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.period import Period
from billing.terms import ComponentKind, Per, Rounding, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One price of a tariff version; ``price`` in major units before tax, per ``unit`` and ``per``."""

    id: int
    kind: ComponentKind
    name: str
    unit: Unit
    per: Per
    price: Decimal
    tax_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One tariff version, its components in the order of the bill."""

    id: int
    name: str
    valid: Period[date]
    components: tuple[Component, ...]
    rounding: Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a meter's register stood at."""

    at: datetime
    energy_wh: int
    quality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRun:
    """What one meter counted while it hung in the home during a part of a bill."""

    serial: str
    opening: Register
    closing: Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The heat of one part of a bill: the meters in the order they hung, and the worst quality of all."""

    meters: tuple[MeterRun, ...]
    quality: str

    @property
    def energy_wh(self) -> int:
        """The sum over the meters, so that an exchange loses nothing."""
        return sum(meter.closing.energy_wh - meter.opening.energy_wh for meter in self.meters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The days of a bill that one tariff version rates; ``metered`` is None where nothing of it is needed."""

    period: Period[date]
    tariff: Tariff
    metered: Metered | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All facts for one bill: a contract's days, its area, and a part for each tariff version."""

    currency: str
    minor_digits: int
    floor_area_m2: Decimal
    seasons: tuple[Period[date], ...]
    parts: tuple[Part, ...]
