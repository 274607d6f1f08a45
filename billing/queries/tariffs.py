"""A tariff version as rating knows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from accounts.period import Period
from billing.facts import Component, Tariff
from billing.formulas import incentive_from, index_from
from billing.models import TariffComponent, TariffVersion, TaxRate
from billing.months import cut_at
from billing.terms import Banding, ComponentKind, During, EdgeOf, Per, Rounding, TaxBasis, Unit


def tariff_of(row: TariffVersion) -> Tariff:
    """The version with its components in the order of the bill.

    Raises:
        ArithmeticError, KeyError, TypeError, ValueError: a draft's formula cannot be read.
    """
    return Tariff(
        id=row.pk,
        name=str(row),
        valid=row.period,
        rounding=Rounding(row.rounding),
        components=tuple(component_of(component) for component in row.components.all()),
    )


Rates = Mapping[int, Sequence[tuple[Period[date], Decimal]]]


def tax_rates() -> Rates:
    """The dated rates of each tax category of the utility in scope."""
    found: dict[int, list[tuple[Period[date], Decimal]]] = defaultdict(list)
    for row in TaxRate.objects.order_by("starts_on"):
        found[row.category_id].append((row.period, row.rate))
    return found


def taxed_tariffs(
    row: TariffVersion, rates: Rates, *, within: Period[date], valid: Period[date] | None = None
) -> list[Tariff]:
    """The version cut where the tax rate of one of its components changes, each piece with its rates.

    Days without a rate are in none of the pieces: nobody is taxed by a guess. ``valid`` stands in place of
    the version's own days where somebody tries it.
    """
    tariff = tariff_of(row)
    if valid is not None:
        tariff = replace(tariff, valid=valid)
    categories = {c.pk: c.tax_category_id for c in row.components.all() if c.tax_category_id is not None}
    shared = tariff.valid & within
    if not categories or shared is None:
        return [tariff]
    dated = [period for category in set(categories.values()) for period, _rate in rates.get(category, ())]
    edges = {edge for period in dated for edge in (period.start, period.end) if edge is not None}
    pieces = (_taxed(tariff, categories, rates, valid=piece) for piece in cut_at(shared, edges))
    return [piece for piece in pieces if piece is not None]


def _taxed(
    tariff: Tariff, categories: Mapping[int, int], rates: Rates, *, valid: Period[date]
) -> Tariff | None:
    components = []
    for component in tariff.components:
        category = categories.get(component.id)
        if category is not None:
            rate = next((rate for period, rate in rates.get(category, ()) if valid.start in period), None)
            if rate is None:
                return None
            component = replace(component, tax_rate=rate)  # noqa: PLW2901 - the same price, as taxed these days
        components.append(component)
    return replace(tariff, valid=valid, components=tuple(components))


def component_of(row: TariffComponent) -> Component:
    """One price.

    Raises:
        ArithmeticError, KeyError, TypeError, ValueError: a draft's formula cannot be read.
    """
    return Component(
        id=row.pk,
        kind=ComponentKind(row.kind),
        name=row.name,
        unit=Unit(row.unit),
        per=Per(row.per),
        price=row.price,
        tax_rate=row.tax_rate,
        tax_basis=TaxBasis(row.tax_basis),
        offset=row.offset,
        factor=row.factor,
        above=row.above,
        up_to=row.up_to,
        banding=Banding(row.banding),
        edge_of=EdgeOf(row.edge_of),
        edge_per=Per(row.edge_per),
        months=tuple(row.months),
        during=During(row.during),
        incentive=None if row.incentive is None else incentive_from(row.incentive),
        index=None if row.index is None else index_from(row.index),
    )
