"""A tariff version as rating knows it."""

from __future__ import annotations

from billing.facts import Component, Tariff
from billing.formulas import incentive_from, index_from
from billing.models import TariffComponent, TariffVersion
from billing.terms import ComponentKind, During, Per, Rounding, TaxBasis, Unit


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
        months=tuple(row.months),
        during=During(row.during),
        incentive=None if row.incentive is None else incentive_from(row.incentive),
        index=None if row.index is None else index_from(row.index),
    )
