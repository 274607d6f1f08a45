"""Lines as JSON and back: what is stored beside an amount is enough to compute the amount again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.period import Period
from billing.facts import Metered, MeterRun, Register
from billing.rating.lines import CapAdjustment, Charge, Charged, Line
from billing.rating.shares import Share
from billing.terms import ComponentKind, Per, Rounding, Unit

Json = dict[str, Any]


# Decimals as strings and fractions as two integers: JSON numbers are floats to most readers.
def to_json(line: Line) -> Json:
    """Everything ``line`` is computed from; no float anywhere."""
    if isinstance(line, CapAdjustment):
        return {
            "limits": [to_json(limit) for limit in line.limits],
            "charged": [
                {"tax_rate": str(part.tax_rate), "net_minor": part.net_minor} for part in line.charged
            ],
            "tax_rate": str(line.tax_rate),
        }
    return {
        "component": line.component_id,
        "tariff_version": line.tariff_id,
        "tariff": line.tariff,
        "kind": line.kind.value,
        "description": line.description,
        "period": [line.period.start.isoformat(), line.period.end and line.period.end.isoformat()],
        "unit": line.unit.value,
        "per": line.per.value,
        "price": str(line.price),
        "tax_rate": str(line.tax_rate),
        "rounding": line.rounding.value,
        "currency": line.currency,
        "minor_digits": line.minor_digits,
        "shares": [{"days": share.days, "of": share.of} for share in line.shares],
        "floor_area_m2": None if line.floor_area_m2 is None else str(line.floor_area_m2),
        "metered": None if line.metered is None else _metered_json(line.metered),
    }


def from_json(trace: Mapping[str, Any]) -> Line:
    """The line that ``to_json`` wrote down, with all its sums.

    Raises:
        KeyError, ValueError: it is no trace of ours.
    """
    if "limits" in trace:
        return CapAdjustment(
            limits=tuple(_charge(limit) for limit in trace["limits"]),
            charged=tuple(
                Charged(tax_rate=Decimal(part["tax_rate"]), net_minor=part["net_minor"])
                for part in trace["charged"]
            ),
            tax_rate=Decimal(trace["tax_rate"]),
        )
    return _charge(trace)


def _charge(trace: Mapping[str, Any]) -> Charge:
    start, end = trace["period"]
    area, metered = trace["floor_area_m2"], trace["metered"]
    return Charge(
        component_id=trace["component"],
        tariff_id=trace["tariff_version"],
        tariff=trace["tariff"],
        kind=ComponentKind(trace["kind"]),
        description=trace["description"],
        period=Period(date.fromisoformat(start), end and date.fromisoformat(end)),
        unit=Unit(trace["unit"]),
        per=Per(trace["per"]),
        price=Decimal(trace["price"]),
        tax_rate=Decimal(trace["tax_rate"]),
        rounding=Rounding(trace["rounding"]),
        currency=trace["currency"],
        minor_digits=trace["minor_digits"],
        shares=tuple(Share(days=share["days"], of=share["of"]) for share in trace["shares"]),
        floor_area_m2=None if area is None else Decimal(area),
        metered=None if metered is None else _metered(metered),
    )


def _metered_json(metered: Metered) -> Json:
    return {
        "energy_wh": metered.energy_wh,
        "quality": metered.quality,
        "meters": [
            {
                "serial": meter.serial,
                "opening": _register_json(meter.opening),
                "closing": _register_json(meter.closing),
            }
            for meter in metered.meters
        ],
    }


def _metered(trace: Mapping[str, Any]) -> Metered:
    # `energy_wh` stands there for people; the registers are what counts.
    meters = tuple(
        MeterRun(
            serial=meter["serial"],
            opening=_register(meter["opening"]),
            closing=_register(meter["closing"]),
        )
        for meter in trace["meters"]
    )
    return Metered(meters=meters, quality=trace["quality"])


def _register_json(register: Register) -> Json:
    return {
        "at": register.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "energy_wh": register.energy_wh,
        "quality": register.quality,
    }


def _register(trace: Mapping[str, Any]) -> Register:
    return Register(
        at=datetime.fromisoformat(trace["at"]), energy_wh=trace["energy_wh"], quality=trace["quality"]
    )


def holds(trace: Mapping[str, Any], *, net_minor: int, tax_minor: int) -> bool:
    """Whether computing ``trace`` again gives these amounts.

    Raises:
        KeyError, ValueError: it is no trace of ours.
    """
    line = from_json(trace)
    return (line.net_minor, line.tax_minor) == (net_minor, tax_minor)
