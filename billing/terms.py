"""The words of a tariff: plain enums, because rating knows them and rating knows no Django."""

from enum import StrEnum


class ComponentKind(StrEnum):
    """What a tariff component charges for."""

    FIXED = "fixed"  # a standing charge per home
    AREA = "area"  # the base fee by heated floor area
    ENERGY = "energy"  # the metered heat
    POWER = "power"  # the subscribed power
    FLOW = "flow"  # the water that ran through the meter
    COOLING = "cooling"  # bonus and surcharge by how far the water was cooled
    RETURN = "return"  # bonus and surcharge by the temperature of the return
    STANDBY = "standby"  # the fee by area of days on which heating is suspended
    OUTAGE = "outage"  # what comes back, by area, for days without the heat that was owed
    LATE = "late"  # a daily fee on what is overdue
    CAP = "cap"  # no charge: the most that the others may come to, by floor area
    MINIMUM = "minimum"  # no charge: the least that the others must come to
    ADVANCE = "advance"  # no charge of the period: paid before the season, settled after it


class Unit(StrEnum):
    """The one unit in which a price is authoritative; every other unit is display."""

    HOME = "home"
    M2 = "m2"
    KW = "kW"
    M3 = "m3"
    KWH = "kWh"
    MWH = "MWh"
    GJ = "GJ"
    PERCENT = "%"  # of the part's metered heat
    SUM = "sum"  # of money: the price is a fraction of it


class Per(StrEnum):
    """The time for which a price is the whole price; shorter periods pay their days' share."""

    QUANTITY = "quantity"  # no time: the price is for the measured unit itself
    SEASON = "season"  # the utility's heating season
    YEAR = "year"  # a calendar year, of 365 or 366 days
    MONTH = "month"  # a calendar month
    DAY = "day"


class Rounding(StrEnum):
    """What becomes of a part of a minor unit."""

    HALF_UP = "half_up"  # away from zero, as people and most tax offices round
    HALF_EVEN = "half_even"  # to the even neighbour
    HALF_DOWN = "half_down"  # towards zero; more than half still goes up
    UP = "up"  # not only halves: every fraction away from zero
    DOWN = "down"  # every fraction is dropped


class TaxBasis(StrEnum):
    """Whether a published price has the tax in it; the other price is display."""

    NET = "net"  # tax comes on top of the rounded amount
    GROSS = "gross"  # the rounded amount is paid, and the tax is taken out of it


class During(StrEnum):
    """On which of a contract's days a price by time is charged."""

    HEATED = "heated"  # not while heating is suspended
    SUSPENDED = "suspended"  # only while it is
    ALWAYS = "always"


class Banding(StrEnum):
    """What a band's edges do."""

    CHOOSE = "choose"  # this price is for whoever's kW or m² lie in the band, and then for all of them
    SLICE = "slice"  # this price is for the part of the quantity between the edges: block and step tariffs


class EdgeOf(StrEnum):
    """Whose units the edges of a slice count."""

    HOME = "home"  # so many units each home
    M2 = "m2"  # so many units each m² of floor area, as a quota by area is


class DeadBand(StrEnum):
    """Which degrees count once the return or the cooling lies outside the neutral band."""

    WHOLE = "whole"  # the whole deviation from the target
    EDGE = "edge"  # only what lies beyond the band's edge


class Settlement(StrEnum):
    """What a season that was paid in advance still costs when its heat is known."""

    METERED = "metered"  # nothing is paid in advance
    LOWER = "lower"  # the lower of the two: a surplus goes back, a shortfall is never asked for
    BOTH_WAYS = "both_ways"  # a surplus goes back, a shortfall is paid


class Surplus(StrEnum):
    """Where too much paid in advance goes."""

    REFUND = "refund"
    CARRY_OVER = "carry_over"  # to the next season's advance


class Factor(StrEnum):
    """Why a bill is another than the one of the year before."""

    PRICE = "price"  # the tariff and its taxes
    WEATHER = "weather"  # the cold of the days, in degree days
    BASE = "base"  # area, subscribed power, suspensions, and the days themselves
    BEHAVIOUR = "behaviour"  # the heat used in the same cold, and how far its water was cooled
    CORRECTION = "correction"  # refunds, late fees, and what was agreed or is still to be corrected


ENERGY_UNITS = (Unit.KWH, Unit.MWH, Unit.GJ)
TIMED = (Per.SEASON, Per.YEAR, Per.MONTH, Per.DAY)
MEASURED = (ComponentKind.ENERGY, ComponentKind.FLOW, ComponentKind.COOLING, ComponentKind.RETURN)
INCENTIVES = (ComponentKind.COOLING, ComponentKind.RETURN)
BY_AREA = (
    ComponentKind.AREA,
    ComponentKind.STANDBY,
    ComponentKind.OUTAGE,
    ComponentKind.CAP,
    ComponentKind.ADVANCE,
)
# In which units and per which times each kind may be priced; a database constraint says it again.
UNITS_OF = {
    **dict.fromkeys(BY_AREA, (Unit.M2,)),
    ComponentKind.FIXED: (Unit.HOME,),
    ComponentKind.ENERGY: ENERGY_UNITS,
    ComponentKind.POWER: (Unit.KW,),
    ComponentKind.FLOW: (Unit.M3,),
    ComponentKind.COOLING: (*ENERGY_UNITS, Unit.PERCENT),
    ComponentKind.RETURN: (*ENERGY_UNITS, Unit.PERCENT),
    ComponentKind.LATE: (Unit.SUM,),
    ComponentKind.MINIMUM: (Unit.HOME, Unit.M2, Unit.KW),
}
PERS_OF = {**dict.fromkeys(MEASURED, (Per.QUANTITY,)), ComponentKind.LATE: (Per.DAY,)}
# They charge nothing of their own.
FRAMES = (ComponentKind.CAP, ComponentKind.MINIMUM, ComponentKind.ADVANCE)
# What a cap or a minimum is compared with: neither what rewards and repairs, nor what punishes.
FRAMED = (
    ComponentKind.FIXED,
    ComponentKind.AREA,
    ComponentKind.POWER,
    ComponentKind.ENERGY,
    ComponentKind.FLOW,
)
