"""A tariff as one file, YAML or JSON: read with every fault named by its place, and written again.

Everything in it is a word of `billing.terms`, a date, or a number; numbers never pass through a float.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import yaml

from accounts.period import Period
from billing.facts import Component, Incentive, Index, Tariff
from billing.form_reader import FormError, Reader, day, load, number, one_of, stretch
from billing.formulas import Json, incentive_from, incentive_json, index_from, index_json
from billing.terms import (
    Banding,
    ComponentKind,
    During,
    EdgeOf,
    Per,
    Rounding,
    Settlement,
    Surplus,
    TaxBasis,
    Unit,
)

MONTHS: Final = {str(month) for month in range(1, 13)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffForm:
    """What the file says: a version of a plan, and the heating seasons it speaks of."""

    name: str
    customer_class: str
    starts_on: date
    ends_on: date | None
    text: str
    payment_days: int
    rounding: Rounding
    settlement: Settlement
    surplus: Surplus
    components: tuple[Component, ...]
    seasons: tuple[Period[date], ...]

    @property
    def tariff(self) -> Tariff:
        """The version as rating knows it."""
        return Tariff(
            id=0,
            name=self.name,
            valid=Period(self.starts_on, self.ends_on),
            components=self.components,
            rounding=self.rounding,
        )


def parse(text: str) -> TariffForm:
    """The tariff in the file.

    Raises:
        FormError: with a sentence for every fault.
    """
    faults: list[str] = []
    form = Reader(load(text), at="", faults=faults)
    starts_on = form.read("from", day)
    ends_on = form.optional("to", day)
    read = TariffForm(
        name=form.read("plan", str),
        customer_class=form.read("class", str, "residential"),
        starts_on=starts_on,
        ends_on=ends_on,
        text=form.read("text", str, " ").strip(),
        payment_days=form.read("payment_days", int, 30),
        rounding=form.read("rounding", one_of(Rounding), Rounding.HALF_UP),
        settlement=form.read("settlement", one_of(Settlement), Settlement.METERED),
        surplus=form.read("surplus", one_of(Surplus), Surplus.REFUND),
        components=tuple(
            _component(item, n, faults) for n, item in enumerate(form.items("components"), start=1)
        ),
        seasons=tuple(_season(item, n, faults) for n, item in enumerate(form.items("seasons"), start=1)),
    )
    form.refuse_others()
    if ends_on is not None and starts_on is not None and ends_on <= starts_on:
        form.fault("to", "the tariff ends before it begins.")
    if not read.components and not faults:
        form.fault("components", "there is none.")
    if faults:
        raise FormError(faults)
    return read


def _season(item: object, n: int, faults: list[str]) -> Period[date]:
    return Reader({"season": item}, at=f"seasons[{n}].", faults=faults).read("season", stretch)


def _component(item: object, n: int, faults: list[str]) -> Component:
    form = Reader(item, at=f"components[{n}].", faults=faults)
    kind = form.read("kind", one_of(ComponentKind))
    component = Component(
        id=n,
        kind=kind,
        name=form.read("name", str, kind.value if kind else "?"),
        unit=form.read("unit", one_of(Unit)),
        per=form.read("per", one_of(Per), Per.QUANTITY),
        price=form.read("price", number),
        tax_rate=form.read("tax_rate", number, Decimal(0)),
        tax_basis=form.read("tax_basis", one_of(TaxBasis), TaxBasis.NET),
        offset=form.read("offset", number, Decimal(0)),
        factor=form.read("factor", number, Decimal(1)),
        above=form.read("above", number, Decimal(0)),
        up_to=form.optional("up_to", number),
        banding=form.read("banding", one_of(Banding), Banding.CHOOSE),
        edge_of=form.read("edge_of", one_of(EdgeOf), EdgeOf.HOME),
        edge_per=form.read("edge_per", one_of(Per), Per.QUANTITY),
        months=form.read("months", _months, ()),
        during=form.read("during", one_of(During), _usual(kind)),
        incentive=form.optional("incentive", incentive_from),
        index=form.optional("index", index_from),
    )
    form.refuse_others()
    return component


def _months(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(str(month) in MONTHS for month in value):
        raise ValueError(f"{value!r} is no list of months from 1 to 12.")
    return tuple(sorted(int(month) for month in value))


def _usual(kind: ComponentKind | None) -> During:
    return During.SUSPENDED if kind is ComponentKind.STANDBY else During.HEATED


_PLAIN: Final = {field.name: field.default for field in fields(Component)}


def dump(form: TariffForm) -> str:
    """The file of a tariff; `parse` reads it back as it was."""
    document: Json = {
        "plan": form.name,
        "class": form.customer_class,
        "from": form.starts_on.isoformat(),
        **({} if form.ends_on is None else {"to": form.ends_on.isoformat()}),
        **({"text": form.text} if form.text else {}),
        "payment_days": form.payment_days,
        "rounding": form.rounding.value,
        "settlement": form.settlement.value,
        "surplus": form.surplus.value,
        **({"seasons": [_days(season) for season in form.seasons]} if form.seasons else {}),
        "components": [_component_form(component) for component in form.components],
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def _days(season: Period[date]) -> list[str]:
    return [str(season.start), str(season.end)]


def _component_form(component: Component) -> Json:
    """What a component says beyond the defaults, in the order of its fields."""
    written: Json = {}
    for name, default in _PLAIN.items():
        value = getattr(component, name)
        if name == "id" or value == default or (name == "during" and value is _usual(component.kind)):
            continue
        written[name] = _form_of(value)
    return written


def _form_of(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Incentive):
        return incentive_json(value)
    if isinstance(value, Index):
        return index_json(value)
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, StrEnum) else value
