"""Everything a document prints, from its own rows and snapshot alone, in the language in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _

from accounts.enums import MINOR_DIGITS, Currency
from billing.documents.graph import as_source, bars_svg
from billing.enums import CORRECTIONS, InvoiceKind
from billing.formulas import Json
from billing.models import Invoice, InvoiceLine
from billing.rating.lines import plain
from config.api.money import money_text
from metering.enums import Quality

KWH: Final = Decimal(1000)


def printed(invoice: Invoice, facts: Json) -> dict[str, Any]:
    """The template's context."""
    lines = list(invoice.lines.order_by("position").select_related("corrects__invoice"))
    money = _Money(invoice.currency)
    return {
        "invoice": invoice,
        "title": invoice.get_kind_display() if invoice.kind != InvoiceKind.PERIOD else _("Heat bill"),
        "seller": invoice.snapshot["seller"],
        "customer": invoice.snapshot["customer"],
        "home": invoice.snapshot["home"],
        "tariffs": invoice.snapshot["tariffs"],
        "fuel": _fuel(invoice.snapshot.get("fuel_mix")),
        "is_correction": invoice.kind in CORRECTIONS,
        "last_day": invoice.period_end - timedelta(days=1),
        "issued_on": invoice.issued_at and invoice.utility.local_date(invoice.issued_at),
        "lines": [_line(line, money) for line in lines],
        "taxes": list(_taxes(lines, money)),
        "net": money(invoice.net_minor),
        "tax": money(invoice.tax_minor),
        "total": money(abs(invoice.total_minor)),
        "gives_back": invoice.total_minor < 0,
        "meters": list(_meters(lines)),
        "has_estimates": any(line.quality == Quality.ESTIMATED for line in lines),
        **_compared(invoice, facts),
    }


def _fuel(mix: Json | None) -> Json | None:
    """The mix with its carriers as pairs, the largest first."""
    if mix is None:
        return None
    carriers = sorted(mix["carriers"].items(), key=lambda pair: (-Decimal(pair[1]), pair[0]))
    return {**mix, "carriers": carriers}


class _Money:
    """Minor units of one currency in words."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def __call__(self, minor: int) -> str:
        return money_text(minor, self._currency, digits=MINOR_DIGITS[Currency(self._currency)])


def _line(line: InvoiceLine, money: _Money) -> Json:
    takes_back = line.corrects.invoice.number if line.corrects else ""
    return {
        "description": line.description,
        "takes_back": takes_back,
        "formula": line.formula,
        "start": line.period_start,
        "last": line.period_end - timedelta(days=1),
        "tax_rate": f"{plain(line.tax_rate * 100)} %",
        "net": money(line.net_minor),
        "tax": money(line.tax_minor),
        "total": money(line.net_minor + line.tax_minor),
        "is_estimated": line.quality == Quality.ESTIMATED,
    }


def _taxes(lines: list[InvoiceLine], money: _Money) -> Iterator[Json]:
    """What each rate comes to: sums of the lines' own taxes, never a tax on the sum."""
    sums: dict[Decimal, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        sums[line.tax_rate][0] += line.net_minor
        sums[line.tax_rate][1] += line.tax_minor
    for rate, (net, tax) in sorted(sums.items()):
        yield {"rate": f"{plain(rate * 100)} %", "net": money(net), "tax": money(tax)}


def _meters(lines: list[InvoiceLine]) -> Iterator[Json]:
    """Each meter's registers once, however many prices they are behind."""
    seen: set[tuple[str, str, str]] = set()
    for line in lines:
        for meter in (line.trace.get("metered") or {"meters": ()})["meters"]:
            key = (meter["serial"], meter["opening"]["at"], meter["closing"]["at"])
            if key not in seen:
                seen.add(key)
                yield {
                    "serial": meter["serial"],
                    "opening": _register(meter["opening"]),
                    "closing": _register(meter["closing"]),
                    "kwh": _kwh(meter["closing"]["energy_wh"] - meter["opening"]["energy_wh"]),
                }


def _register(register: Mapping[str, Any]) -> Json:
    return {
        "at": register["at"],
        "kwh": _kwh(register["energy_wh"]),
        "quality": Quality(register["quality"]).label,
    }


def _kwh(energy_wh: int) -> str:
    return formats.number_format(round(energy_wh / KWH, 1), force_grouping=True)


def _compared(invoice: Invoice, facts: Json) -> dict[str, Any]:
    """The comparisons that are known, each with its words; the graph with a sentence and a table."""
    now, before = facts.get("energy_wh"), facts.get("before_wh")
    area = Decimal(invoice.snapshot["home"]["floor_area_m2"])
    shown: dict[str, Any] = {"used": None if now is None else _kwh(now), "is_compared": bool(facts)}
    if before is not None:
        shown["used_before"] = _kwh(before)
        cold, cold_before = (Decimal(facts.get(name, 0)) for name in ("cold_kd", "before_cold_kd"))
        if cold and cold_before:
            corrected = int(before * cold / cold_before)
            shown |= {"corrected": _kwh(corrected), "cold": cold, "cold_before": cold_before}
            shown["change"] = _change(now, corrected)
        else:
            shown["change"] = _change(now, before)
    if "alike_wh_m2" in facts:
        shown |= {
            "alike_homes": facts["alike_homes"],
            "alike": _kwh(facts["alike_wh_m2"]),
            "own": None if now is None else _kwh(int(now / area)),
        }
    return shown | _graph(facts)


def _change(now: int | None, before: int) -> str:
    if now is None or not before:
        return ""
    return f"{round(100 * (now - before) / before):+d} %".replace("-", "\N{MINUS SIGN}")


def _graph(facts: Json) -> dict[str, Any]:
    months = [
        (date.fromisoformat(each["month"]), each["energy_wh"], each["before_wh"])
        for each in facts.get("months", ())
    ]
    if not any(energy_wh for _first, *values in months for energy_wh in values):
        return {}
    rows = [
        {
            "month": formats.date_format(first, "YEAR_MONTH_FORMAT"),
            "now": "" if now is None else _kwh(now),
            "before": "" if before is None else _kwh(before),
        }
        for first, now, before in months
    ]
    pairs = [
        (f"{first.month}", None if now is None else now / 1000, None if before is None else before / 1000)
        for first, now, before in months
    ]
    svg = bars_svg(pairs, now=_("these twelve months"), before=_("a year before"), unit="kWh")
    totals = [sum(value or 0 for value in column) for column in list(zip(*months, strict=True))[1:]]
    words = _("Heat month by month: %(now)s kWh in these twelve months, %(before)s kWh in the twelve before.")
    return {
        "graph": as_source(svg),
        "graph_words": words % {"now": _kwh(totals[0]), "before": _kwh(totals[1])},
        "months": rows,
    }
