"""Lines as JSON and back: what is stored beside an amount is enough to compute the amount again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from accounts.period import Period
from billing.facts import Metered, MeterRun, Register, Temperatures
from billing.formulas import (
    Json,
    incentive_from,
    incentive_json,
    index_from,
    index_json,
)
from billing.rating.credits import Credit, Credited
from billing.rating.indices import resolved
from billing.rating.lines import Adjustment, Charge, Charged, Line
from billing.rating.shares import Share
from billing.rating.slices import Edges
from billing.terms import ComponentKind, Per, Rounding, TaxBasis, Unit


# Decimals as strings and fractions as two integers: JSON numbers are floats to most readers.
def to_json(line: Line | Credit) -> Json:
    """Everything ``line`` is computed from; no float anywhere."""
    if isinstance(line, Credit):
        return {
            "credits": {
                "number": line.line.number,
                "position": line.line.position,
                "net_minor": line.line.net_minor,
                "tax_minor": line.line.tax_minor,
            },
            "before_minor": line.before_minor,
            "minor": line.minor,
            "currency": line.currency,
            "minor_digits": line.minor_digits,
        }
    if isinstance(line, Adjustment):
        return {
            "limits": [to_json(limit) for limit in line.limits],
            "charged": [{"tax_rate": str(part.tax_rate), "minor": part.minor} for part in line.charged],
            "tax_rate": str(line.tax_rate),
        }
    measures = measures_json(floor_area_m2=line.floor_area_m2, metered=line.metered, measure=line.measure)
    return {**terms_json(line), **measures}


def measures_json(
    *, floor_area_m2: Decimal | None = None, metered: Metered | None = None, measure: Decimal | None = None
) -> Json:
    """What a charge is a price of: differs from home to home where all else is alike."""
    return {
        "floor_area_m2": None if floor_area_m2 is None else str(floor_area_m2),
        "metered": None if metered is None else _metered_json(metered),
        **({} if measure is None else {"measure": str(measure)}),
    }


def terms_json(line: Charge) -> Json:
    """A charge's trace but for what ``measures_json`` says."""
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
        "shares": [_share_json(share) for share in line.shares],
        **_further_json(line),
    }


def _further_json(line: Charge) -> Json:
    """What most lines lack, and the first traces knew nothing of: written only where it says something."""
    further = {
        "tax_basis": None if line.tax_basis is TaxBasis.NET else line.tax_basis.value,
        "offset": str(line.offset) if line.offset else None,
        "factor": None if line.factor == 1 else str(line.factor),
        "incentive": None if line.incentive is None else incentive_json(line.incentive),
        "temperatures": None
        if line.temperatures is None
        else {"supply_c": str(line.temperatures.supply_c), "return_c": str(line.temperatures.return_c)},
        "index": None if line.index is None else index_json(line.index),
        "edges": None if line.edges is None else _edges_json(line.edges),
    }
    return {name: value for name, value in further.items() if value is not None}


def from_json(trace: Mapping[str, Any]) -> Line | Credit:
    """The line that ``to_json`` wrote down, with all its sums.

    Raises:
        KeyError, ValueError: it is no trace of ours.
    """
    if "credits" in trace:
        return _credit(trace)
    if "limits" in trace:
        return Adjustment(
            limits=tuple(_charge(limit) for limit in trace["limits"]),
            charged=tuple(
                # The first traces, all of net prices, called it so.
                Charged(tax_rate=Decimal(part["tax_rate"]), minor=part.get("minor", part.get("net_minor")))
                for part in trace["charged"]
            ),
            tax_rate=Decimal(trace["tax_rate"]),
        )
    return _charge(trace)


def _credit(trace: Mapping[str, Any]) -> Credit:
    return Credit(
        line=Credited(**trace["credits"]),
        before_minor=trace["before_minor"],
        minor=trace["minor"],
        currency=trace["currency"],
        minor_digits=trace["minor_digits"],
    )


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
        shares=tuple(map(_share, trace["shares"])),
        floor_area_m2=None if area is None else Decimal(area),
        metered=None if metered is None else _metered(metered),
        **_further(trace),
    )


def _further(trace: Mapping[str, Any]) -> Json:
    readers: dict[str, Callable[[Any], Any]] = {
        "measure": Decimal,
        "tax_basis": TaxBasis,
        "offset": Decimal,
        "factor": Decimal,
        "incentive": incentive_from,
        "temperatures": lambda t: Temperatures(
            supply_c=Decimal(t["supply_c"]), return_c=Decimal(t["return_c"])
        ),
        "index": index_from,
        "edges": _edges,
    }
    return {name: read(trace[name]) for name, read in readers.items() if name in trace}


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
    volume = {} if register.volume_l is None else {"volume_l": register.volume_l}
    return {
        "at": _instant(register.at),
        "energy_wh": register.energy_wh,
        "quality": register.quality,
        **volume,
        **_readings_json(register),
    }


# Thousands of homes are cut at the same two instants.
@lru_cache(maxsize=1024)
def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _readings_json(register: Register) -> Json:
    """The readings behind a register that was cut; a reading is named by its meter and instant."""
    if not register.between:
        return {}
    return {"readings": [{"at": _instant(at), "energy_wh": energy_wh} for at, energy_wh in register.between]}


def _register(trace: Mapping[str, Any]) -> Register:
    return Register(
        at=datetime.fromisoformat(trace["at"]),
        energy_wh=trace["energy_wh"],
        quality=trace["quality"],
        volume_l=trace.get("volume_l"),
        between=tuple(
            (datetime.fromisoformat(reading["at"]), reading["energy_wh"])
            for reading in trace.get("readings", ())
        ),
    )


def _edges_json(edges: Edges) -> Json:
    return {
        "above": str(edges.above),
        "up_to": None if edges.up_to is None else str(edges.up_to),
        "area_m2": None if edges.area_m2 is None else str(edges.area_m2),
        "shares": None if edges.shares is None else [_share_json(share) for share in edges.shares],
    }


def _edges(form: Mapping[str, Any]) -> Edges:
    return Edges(
        above=Decimal(form["above"]),
        up_to=None if form["up_to"] is None else Decimal(form["up_to"]),
        area_m2=None if form["area_m2"] is None else Decimal(form["area_m2"]),
        shares=None if form["shares"] is None else tuple(map(_share, form["shares"])),
    )


def _share_json(share: Share) -> Json:
    """Days of days; the ratio only where it is not the whole."""
    ratio = {} if share.ratio == 1 else {"ratio": str(share.ratio)}
    return {"days": share.days, "of": share.of, **ratio}


def _share(form: Mapping[str, Any]) -> Share:
    """What ``share_json`` wrote down."""
    return Share(days=form["days"], of=form["of"], ratio=Decimal(form.get("ratio", 1)))


def holds(trace: Mapping[str, Any], *, net_minor: int, tax_minor: int) -> bool:
    """Whether computing ``trace`` again gives these amounts.

    Raises:
        KeyError, ValueError: it is no trace of ours.
    """
    line = from_json(trace)
    if isinstance(line, Charge) and line.index is not None and resolved(line.index) != line.price:
        return False
    return (line.net_minor, line.tax_minor) == (net_minor, tax_minor)
