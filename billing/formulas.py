"""What of a price is no single number, as JSON: the same in a tariff's row and in a line's trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from billing.facts import Incentive, Index, IndexTerm
from billing.terms import DeadBand, Unit

Json = dict[str, Any]


def incentive_json(incentive: Incentive) -> Json:
    """How degrees are counted; decimals as strings."""
    return {
        "target_c": str(incentive.target_c),
        "curve": [[str(supply), str(back)] for supply, back in incentive.curve],
        "band_c": str(incentive.band_c),
        "counts": incentive.counts.value,
        "unit": incentive.unit.value,
        "factor": str(incentive.factor),
        "bonus": str(incentive.bonus),
        "min_days": incentive.min_days,
    }


def incentive_from(form: Mapping[str, Any]) -> Incentive:
    """What ``incentive_json`` wrote down; what a tariff leaves out has its default.

    Raises:
        TypeError, ValueError, ArithmeticError: it is no such form.
    """
    readers: dict[str, Callable[[Any], Any]] = {
        "target_c": Decimal,
        "curve": lambda points: tuple((Decimal(supply), Decimal(back)) for supply, back in points),
        "band_c": Decimal,
        "counts": DeadBand,
        "unit": Unit,
        "factor": Decimal,
        "bonus": Decimal,
        "min_days": int,
    }
    if unknown := sorted(form.keys() - readers.keys()):
        raise ValueError(f"Nothing is known of {', '.join(unknown)}.")
    return Incentive(**{name: readers[name](value) for name, value in form.items()})


def index_json(index: Index) -> Json:
    """The price at the base and the terms that move it; decimals as strings."""
    return {
        "base_price": str(index.base_price),
        "digits": index.digits,
        "terms": [
            {"name": t.name, "weight": str(t.weight), "base": str(t.base), "value": str(t.value)}
            for t in index.terms
        ],
        **({} if index.floor is None else {"floor": str(index.floor)}),
        **({} if index.ceiling is None else {"ceiling": str(index.ceiling)}),
    }


def index_from(form: Mapping[str, Any]) -> Index:
    """What ``index_json`` wrote down.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: it is no such form.
    """
    terms = tuple(
        IndexTerm(
            name=str(t["name"]),
            weight=Decimal(t["weight"]),
            base=Decimal(t["base"]),
            value=Decimal(t["value"]),
        )
        for t in form["terms"]
    )
    limits = {name: Decimal(form[name]) for name in ("floor", "ceiling") if form.get(name) is not None}
    return Index(base_price=Decimal(form["base_price"]), digits=int(form["digits"]), terms=terms, **limits)
