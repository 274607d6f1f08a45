"""Heat per area and degree-day beside others of the class."""

from __future__ import annotations

import pytest

from control.heat_index import Taken, indices


def taken(key: int, *, energy_wh: float = 1_000_000, kind: str = "middle", area_m2: float = 80.0) -> Taken:
    """A home in a month of 500 degree-days."""
    return Taken(key, kind, energy_wh, area_m2, 500.0)


def test_the_index_is_heat_by_area_and_degree_day_and_its_design_load_is_watts() -> None:
    (index,) = indices([taken(1)], design_outdoor_c=-9.0)

    # 1 MWh is 3.6 GJ, over 80 m² and 500 K d.
    assert index.gj_m2_kd == pytest.approx(3.6 / 80 / 500)
    # As a steady flow in 27 degrees below 18: 3.6e9 / 80 / 500 / 86400 * 27.
    assert index.design_w_m2 == pytest.approx(28.125)
    assert index.beside is None  # alone in its class


def test_much_and_little_are_told_beside_the_middle_of_the_class() -> None:
    usual = [taken(n) for n in range(5)]
    rows = [*usual, taken(7, energy_wh=1_400_000), taken(8, energy_wh=600_000), taken(9, kind="top")]

    verdicts = {index.key: index.verdict for index in indices(rows, design_outdoor_c=-9.0)}

    assert (verdicts[7], verdicts[8], verdicts[0], verdicts[9]) == ("over", "under", "", "")


def test_who_has_no_area_or_no_winter_has_no_index() -> None:
    rows = [taken(1, area_m2=0.0), Taken(2, "middle", 1.0, 80.0, 0.0)]
    assert indices(rows, design_outdoor_c=-9.0) == []
