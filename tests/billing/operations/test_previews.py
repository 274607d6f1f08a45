"""A draft tried on the homes of a past season: what each would have paid, and nothing written down."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.period import Period
from billing.models import Invoice
from billing.operations.previews import last_season, preview_version
from billing.operations.tariffs import NewComponent
from billing.terms import ComponentKind, Per, Unit
from tests.billing.factories import ENERGY, JANUARY, a_customer, a_tariff, a_version

DEARER = NewComponent(
    name="Heat", kind=ComponentKind.ENERGY, unit=Unit.KWH, per=Per.QUANTITY, price=Decimal("0.20")
)


def _registers(kwh: int) -> dict[date, int]:
    return {date(2025, 11, 15): 0, JANUARY.start: 0, date(2026, 2, 1): kwh * 1_000}


@pytest.mark.usefixtures("scoped")
def test_each_home_is_rated_both_ways() -> None:
    in_force = a_tariff(components=(ENERGY,))
    for kwh in (1_000, 2_000, 0):
        a_customer(registers_wh=_registers(kwh))
    a_customer(registers_wh={})
    draft = a_version(plan=in_force.plan, starts_on=date(2026, 11, 15), components=(DEARER,))
    preview = preview_version(version=draft, period=JANUARY)

    # 0.16 and 9 % tax before, 0.20 without tax after.
    assert [(one.before_minor, one.after_minor) for one in preview.by_change] == [
        (0, 0),
        (17_440, 20_000),
        (34_880, 40_000),
    ]
    assert (preview.contracts, preview.asked, sum(preview.faults.values())) == (4, 4, 2)
    assert (preview.before_minor, preview.after_minor) == (52_320, 60_000)
    assert dict(preview.classes) | {"0 … 5 %": 1, "10 … 20 %": 2} == dict(preview.classes)
    assert not Invoice.objects.exists()


@pytest.mark.usefixtures("scoped")
def test_the_last_season_is_the_one_that_is_over() -> None:
    assert last_season(before=date(2026, 5, 1)) is None
    a_tariff()

    assert last_season(before=date(2026, 3, 14)) is None
    assert last_season(before=date(2026, 3, 15)) == Period(date(2025, 11, 15), date(2026, 3, 15))
