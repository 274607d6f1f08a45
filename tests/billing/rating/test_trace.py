"""What is stored beside an amount is enough to compute the amount again."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.bill import rate
from billing.rating.trace import from_json, to_json
from billing.terms import Rounding, Unit
from tests.billing.rating import homes


@given(
    st.integers(min_value=0, max_value=10**8),
    st.decimals(min_value=0, max_value=100, places=6),
    st.sampled_from([Unit.KWH, Unit.MWH, Unit.GJ]),
    st.sampled_from(Rounding),
)
def test_every_line_survives_the_way_through_json(
    energy_wh: int, price: Decimal, unit: Unit, mode: Rounding
) -> None:
    some = homes.tariff(
        homes.fixed("40"),
        homes.area("12", tax_rate="0.09"),
        homes.energy(str(price), unit=unit),
        homes.cap("24"),
        rounding=mode,
    )
    for line in rate(homes.home(homes.part(of=some, energy_wh=energy_wh))).lines:
        again = from_json(json.loads(json.dumps(to_json(line))))

        assert again == line
        assert (again.net_minor, again.tax_minor, again.formula) == (
            line.net_minor,
            line.tax_minor,
            line.formula,
        )


def test_a_trace_names_registers_days_and_tariff() -> None:
    area, energy = (to_json(line) for line in rate(homes.home()).lines)

    assert area["shares"] == [{"days": 120, "of": 120}]
    assert (area["tariff"], area["tariff_version"]) == ("2025", 7)
    assert energy["metered"] == {
        "energy_wh": 5_000_000,
        "quality": "measured",
        "meters": [
            {
                "serial": "41",
                "opening": {
                    "at": "2025-11-14T16:00:00Z",
                    "energy_wh": 1_000_000,
                    "quality": "measured",
                },
                "closing": {
                    "at": "2026-03-14T16:00:00Z",
                    "energy_wh": 6_000_000,
                    "quality": "measured",
                },
            }
        ],
    }


def test_a_changed_register_changes_the_amount() -> None:
    trace = to_json(rate(homes.home()).lines[1])
    trace["metered"]["meters"][0]["closing"]["energy_wh"] += 1_000_000

    assert from_json(trace).net_minor == 96_000


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(KeyError):
        from_json({"component": 1})
