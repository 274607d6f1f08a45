"""A bill line as it is written down: the amounts, the words, and the trace."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.period import end_of
from billing.formulas import Json
from billing.rating.lines import Adjustment, Line, plain
from billing.rating.trace import to_json
from billing.terms import ComponentKind, Rounding, Unit


class Terms(NamedTuple):
    """What the same component says on the same days to every home."""

    component_id: int
    tariff_id: int
    kind: ComponentKind
    description: str
    period_start: date
    period_end: date
    unit: Unit
    unit_price: Decimal
    rounding: Rounding
    tax_rate: Decimal


class Written(NamedTuple):
    """One line; ``quantity`` is a decimal as text, and ``trace`` all that ``trace.from_json`` needs."""

    terms: Terms
    quantity: str
    net_minor: int
    tax_minor: int
    quality: str
    formula: str
    trace: Json


def write(line: Line) -> Written:
    """The line as the database and the bill have it."""
    charge = line.last if isinstance(line, Adjustment) else line
    return Written(
        terms=terms_of(line),
        quantity=plain(charge.quantity),
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
        quality=charge.quality,
        formula=line.formula,
        trace=to_json(line),
    )


def terms_of(line: Line) -> Terms:
    """The words and terms of a line; a limit names the one in force at the end of the bill."""
    charge = line.last if isinstance(line, Adjustment) else line
    first = line.limits[0] if isinstance(line, Adjustment) else line
    return Terms(
        component_id=charge.component_id,
        tariff_id=charge.tariff_id,
        kind=charge.kind,
        description=charge.description,
        period_start=first.period.start,
        period_end=end_of(charge.period),
        unit=charge.unit,
        unit_price=charge.price_in_force,
        rounding=charge.rounding,
        tax_rate=line.tax_rate,
    )
