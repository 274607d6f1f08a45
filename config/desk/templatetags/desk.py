from __future__ import annotations

from django import template
from django.template.defaultfilters import floatformat

from accounts.enums import MINOR_DIGITS, Currency
from config.api.money import money_text

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """0.123 as 12.3 %."""
    return f"{floatformat(100 * share, 1)} %"


@register.filter
def over(value: float, other: float) -> str:
    """The first over the second, in percent."""
    return percent(value / other)


@register.filter
def kilowatts(watts: float) -> str:
    """Watts as whole kilowatts."""
    return str(floatformat(watts / 1000, 0))


@register.filter
def money(minor: int, currency: str) -> str:
    """Minor units with their currency."""
    return money_text(minor, currency, digits=MINOR_DIGITS[Currency(currency)])


@register.filter
def kilowatthours(energy_wh: int | None) -> str:
    """Watt-hours as kilowatt-hours; a register that was not read is a dash."""
    return "-" if energy_wh is None else str(floatformat(energy_wh / 1000, "1g"))
