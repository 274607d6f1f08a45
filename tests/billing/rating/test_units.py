"""One authoritative unit a price; conversion is exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.units import as_decimal, energy_in
from billing.terms import Unit


def test_a_gigawatt_hour_is_3600_gigajoules_exactly() -> None:
    assert energy_in(10**9, Unit.GJ) == 3_600
    assert energy_in(6_500_000, Unit.GJ) == Fraction("23.4")
    assert energy_in(6_500_000, Unit.KWH) == 6_500
    assert energy_in(6_500_000, Unit.MWH) == Fraction("6.5")


@given(st.integers(min_value=0, max_value=10**13), st.sampled_from([Unit.KWH, Unit.MWH, Unit.GJ]))
def test_whole_watt_hours_are_a_finite_decimal_in_every_unit(energy_wh: int, unit: Unit) -> None:
    assert Fraction(as_decimal(energy_in(energy_wh, unit))) == energy_in(energy_wh, unit)


def test_a_third_is_not_taken_for_a_decimal() -> None:
    assert as_decimal(Fraction(1, 8)) == Decimal("0.125")
    with pytest.raises(ValueError, match="1/3 has no finite decimal form"):
        as_decimal(Fraction(1, 3))
