"""Whether the components of a version make sense together, before it may rate anybody."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby, pairwise

from django.utils.translation import gettext as _

from billing.facts import Component, Tariff
from billing.rating.indices import resolved
from billing.terms import (
    FRAMES,
    INCENTIVES,
    PERS_OF,
    TIMED,
    UNITS_OF,
    Banding,
    ComponentKind,
    During,
    EdgeOf,
    Per,
    Unit,
)


def fault_in(tariff: Tariff) -> str:
    """What is wrong with the version, to be read after its name; empty where nothing is.

    Raises:
        ZeroDivisionError: an index had the value zero at its base.
    """
    faults = (_fault_of_all(tariff), _fault_of_bands(tariff), *map(_fault_of_one, tariff.components))
    return next(filter(None, faults), "")


def fault_in_terms(component: Component) -> str:
    """What of one price fits nothing, as a sentence; the database's constraints say the same of its rows."""
    units, pers = UNITS_OF[component.kind], PERS_OF.get(component.kind, TIMED)
    if component.unit not in units or component.per not in pers:
        priced = {"units": ", ".join(units), "pers": ", ".join(pers)}
        return _("it is priced per %(units)s, and %(pers)s.") % priced
    if component.price < 0 or component.offset < 0 or not 0 <= component.tax_rate < 1:
        return _("prices and offsets are not below zero, and a tax rate is a fraction of one.")
    if component.months and component.per not in {Per.QUANTITY, Per.MONTH, Per.DAY}:
        return _("months are no part of a price per season or year.")
    if (component.kind in INCENTIVES) is (component.incentive is None):
        return _("a bonus says how its degrees are counted, and nothing else does.")
    if component.kind is ComponentKind.STANDBY and component.during is not During.SUSPENDED:
        return _("a standby fee is charged only while heating is suspended.")
    return _fault_of_edges(component)


def _fault_of_edges(component: Component) -> str:
    is_upside_down = component.up_to is not None and component.up_to <= component.above
    if component.factor <= 0 or component.above < 0 or is_upside_down:
        return _("a band ends above its beginning; a factor is above zero.")
    is_slice = component.banding is Banding.SLICE
    has_measure = component.unit in {Unit.KW, Unit.M2}
    is_sliced = is_slice and component.kind in {ComponentKind.ENERGY, ComponentKind.FLOW}
    if component.has_edges and not has_measure and not is_sliced:
        return _("only prices per kW and per m² have bands; heat and water have slices.")
    if not is_slice and (component.edge_of, component.edge_per) != (EdgeOf.HOME, Per.QUANTITY):
        return _("only the edges of a slice count by m² or time.")
    return ""


def _fault_of_all(tariff: Tariff) -> str:
    kinds = [component.kind for component in tariff.components]
    if all(kind in FRAMES for kind in kinds):
        return _("charges for nothing")
    if kinds.count(ComponentKind.CAP) > 1:
        return _("has more than one cap")
    if kinds.count(ComponentKind.MINIMUM) > 1:
        return _("has more than one minimum")
    # A limit with tax in it says nothing about charges without.
    if {ComponentKind.CAP, ComponentKind.MINIMUM} & set(kinds) and len(_bases(tariff)) > 1:
        return _("has a cap or minimum, and prices both with and before tax")
    return ""


def _bases(tariff: Tariff) -> set[str]:
    return {component.tax_basis.value for component in tariff.components}


def _fault_of_bands(tariff: Tariff) -> str:
    bands = sorted((c for c in tariff.components if c.has_edges), key=_band)
    for _key, group in groupby(bands, key=lambda band: _band(band)[:-1]):
        row = list(group)
        if any(low.up_to != high.above for low, high in pairwise(row)) or row[-1].up_to is not None:
            return _("has bands that overlap, leave a gap or end somewhere")
    return ""


def _band(component: Component) -> tuple[str, str, str, tuple[int, ...], Decimal]:
    counted = (component.kind.value, component.banding.value, f"{component.edge_of} {component.edge_per}")
    return *counted, component.months, component.above


def _fault_of_one(component: Component) -> str:
    if component.index is not None and resolved(component.index) != component.price:
        return _("says %(price)s for %(name)s, its formula %(resolved)s") % {
            "price": component.price,
            "name": component.name,
            "resolved": resolved(component.index),
        }
    terms = component.incentive
    if component.kind not in INCENTIVES or terms is None:
        return ""
    if component.kind is ComponentKind.RETURN and not terms.curve:
        return _("expects a return temperature and has no curve for it")
    is_measure = terms.unit in {Unit.KWH, Unit.MWH, Unit.GJ} and terms.factor > 0
    if not is_measure or terms.band_c < 0 or terms.bonus < 0:
        return _("counts degrees by something that is no measure")
    return ""
