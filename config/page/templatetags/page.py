"""How the page writes money, moments and periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from django import template
from django.template.defaultfilters import floatformat
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.enums import MINOR_DIGITS, Currency
from billing.models import Invoice
from config.api.money import money_text

register = template.Library()

ROOMS: Final = {
    "Living room": gettext_lazy("Living room"),
    "Bedroom": gettext_lazy("Bedroom"),
    "Study": gettext_lazy("Study"),
    "Kitchen": gettext_lazy("Kitchen"),
    "Bathroom": gettext_lazy("Bathroom"),
    "Children's room": gettext_lazy("Children's room"),
}


@register.filter
def money(minor: int, currency: str) -> str:
    """Minor units as people write them: ``12345|money:"CNY"`` is ¥123.45."""
    return money_text(minor, currency, digits=MINOR_DIGITS[Currency(currency)])


@register.filter
def degrees(value: float) -> str:
    """One decimal, with a true minus sign: ``-2.34|degrees`` is -2.3 with it."""
    return floatformat(value, 1).replace("-", "\N{MINUS SIGN}")


@register.filter
def kilo(value: float, decimals: int) -> str:
    """Thousands of a unit: ``6884321|kilo:1`` watt-hours are 6,884.3 kWh."""
    return floatformat(value / 1000, f"{decimals}g")


@register.filter
def room_name(name: str) -> str:
    """A room most homes have is called in the reader's language, any other as its people named it."""
    return str(ROOMS.get(name, name))


@register.filter
def iso(moment: datetime) -> str:
    """For ``<time datetime>``: UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


@register.filter
def day_and_time(moment: datetime, now: datetime) -> str:
    """The home's own clock: only the time today, otherwise the day as well."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    at = formats.time_format(local.time(), "TIME_FORMAT")
    if local.date() == today:
        return at
    if local.date() == today - timedelta(days=1):
        return _("yesterday %(time)s") % {"time": at}
    return _("%(day)s, %(time)s") % {"day": formats.date_format(local, "MONTH_DAY_FORMAT"), "time": at}


@register.filter
def last_day(end: date) -> date:
    """The last day of a period that ends before ``end``."""
    return end - timedelta(days=1)


@register.filter
def period_words(invoice: Invoice) -> str:
    """A bill's period: the month where it is one, otherwise its first and last day."""
    start, last = invoice.period_start, invoice.period_end - timedelta(days=1)
    is_month = start.day == 1 == invoice.period_end.day and start.strftime("%Y%m") == last.strftime("%Y%m")
    if is_month:
        return formats.date_format(start, "YEAR_MONTH_FORMAT")
    first_format = last_format = "DATE_FORMAT"
    if start.year == last.year:
        first_format = pgettext("a period's first day, its year told once", "N j")
        last_format = pgettext("a period's last day, its year told once", "N j, Y")
    ends = {
        "first": formats.date_format(start, first_format),
        "last": formats.date_format(last, last_format),
    }
    return _("%(first)s to %(last)s") % ends
