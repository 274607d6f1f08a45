"""Published tariffs in the product's own form: components with a basis and a schedule, never a formula."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from billing.facts import Component, Incentive
from billing.terms import ComponentKind, DeadBand, Per, TaxBasis, Unit
from tests.billing.rating.homes import area, cap, energy, fixed, priced

WINTER: Final = (1, 2, 3, 4, 11, 12)
SUMMER: Final = (5, 6, 7, 8, 9, 10)
GROSS: Final[dict[str, Any]] = {"tax_basis": TaxBasis.GROSS, "tax_rate": "0.25"}


def power(price: str, *, per: Per = Per.YEAR, **terms: Any) -> Component:  # noqa: ANN401 - as the fields are
    return priced(ComponentKind.POWER, price, unit=Unit.KW, per=per, **terms)


def band(above: str, up_to: str | None, *, offset: str, price: str) -> Component:
    return power(
        price, above=Decimal(above), up_to=None if up_to is None else Decimal(up_to), offset=Decimal(offset)
    )


def heat(price: str, *, unit: Unit, **terms: Any) -> Component:  # noqa: ANN401 - as the fields are
    return priced(ComponentKind.ENERGY, price, unit=unit, **terms)


def advance(price: str) -> Component:
    return priced(ComponentKind.ADVANCE, price, unit=Unit.M2, per=Per.SEASON)


# bodensenergi.se: business 2024 before tax, private 2019 with tax, business until August 2020 before tax.
BODEN_2024 = (
    band("5", "50", offset="0", price="939"),
    band("50", "200", offset="1174", price="915"),
    band("200", "600", offset="5870", price="891"),
    band("600", None, offset="26999", price="856"),
    heat("411", unit=Unit.MWH, months=WINTER),
    heat("211", unit=Unit.MWH, months=SUMMER),
    priced(ComponentKind.FLOW, "3.88", unit=Unit.M3, months=WINTER),
)
BODEN_2019 = (power("618.41", **GROSS), heat("373.90", unit=Unit.MWH, **GROSS))
BODEN_2020 = (power("524.41"), energy("0.31707"))
# hofor.dk: 25 % tax on top; the cooling price is 0.8 % of the energy price per degree and MWh.
HOFOR_PRICES = {"effect": Unit.KW, "energy": Unit.MWH, "cooling": Unit.MWH}
HOFOR_COOLING = Incentive(
    target_c=Decimal(29), band_c=Decimal(5), unit=Unit.MWH, factor=Decimal(860), min_days=301
)
ODSHERRED = (fixed("2250"), area("70", per=Per.YEAR), energy("810", unit=Unit.MWH), fixed("2500"))
LOJT = (
    energy("146.40", unit=Unit.GJ, tax_rate="0.25"),
    fixed("1000", tax_rate="0.25"),
    area("9.00", per=Per.YEAR, tax_rate="0.25"),
    fixed("600", tax_rate="0.25"),
)
LOJT_RETURN = Incentive(
    curve=((Decimal(55), Decimal(40)), (Decimal(65), Decimal(30))), band_c=Decimal(3), counts=DeadBand.EDGE
)
# 40 °C and one degree either side neutral; a degree is 1.05 kr per GJ, before tax.
TARNBY = Incentive(
    target_c=Decimal(40), band_c=Decimal(1), unit=Unit.GJ, factor=Decimal(242), bonus=Decimal("1.05")
)
TEKNISKA_MINI = (
    priced(ComponentKind.FIXED, "4100", unit=Unit.HOME, per=Per.YEAR, **GROSS),
    heat("0.716", unit=Unit.KWH, **GROSS),
)
EKSJO = (heat("0.876", unit=Unit.KWH, **GROSS),)
# The page prints 7,178 for 15 MWh; 47.85 öre/kWh is what we infer from it.
VME_HEAT = (energy("0.4785"),)
VME_PARTS = (fixed("33662"), fixed("92351"))
# helen.fi 2024, January to December, €/MWh with 24 % tax in it.
HELEN_PRICES: Final = (
    *("127.06", "124.79", "116.40", "99.96", "61.67", "45.55"),
    *("39.48", "41.80", "57.09", "85.63", "109.63", "118.80"),
)
HELEN_2024 = tuple(
    heat(price, unit=Unit.MWH, months=(month,), tax_basis=TaxBasis.GROSS, tax_rate="0.24")
    for month, price in enumerate(HELEN_PRICES, start=1)
)
BEIJING = (area("12"), energy("0.16"), cap("24"), advance("24"))
TIANJIN = (
    area("7.50"),
    energy("0.13"),
    advance("25"),
    priced(ComponentKind.LATE, "0.002", unit=Unit.SUM, per=Per.DAY),
)
