"""The words of a tariff: plain enums, because rating knows them and rating knows no Django."""

from enum import StrEnum


class ComponentKind(StrEnum):
    """What a tariff component charges for."""

    FIXED = "fixed"  # a standing charge per home
    AREA = "area"  # the base fee by heated floor area
    ENERGY = "energy"  # the metered heat
    CAP = "cap"  # no charge: the most that the others may come to, by floor area


class Unit(StrEnum):
    """The one unit in which a price is authoritative; every other unit is display."""

    HOME = "home"
    M2 = "m2"
    KWH = "kWh"
    MWH = "MWh"
    GJ = "GJ"


class Per(StrEnum):
    """The time for which a price is the whole price; shorter periods pay their days' share."""

    QUANTITY = "quantity"  # no time: the price is for the measured unit itself
    SEASON = "season"  # the utility's heating season
    YEAR = "year"  # a calendar year, of 365 or 366 days
    MONTH = "month"  # a calendar month


class Rounding(StrEnum):
    """What becomes of half a minor unit."""

    HALF_UP = "half_up"  # away from zero, as people and most tax offices round
    HALF_EVEN = "half_even"  # to the even neighbour


ENERGY_UNITS = (Unit.KWH, Unit.MWH, Unit.GJ)
TIMED = (Per.SEASON, Per.YEAR, Per.MONTH)
