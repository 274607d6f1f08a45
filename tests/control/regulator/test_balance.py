"""What a station's heat balance says of its curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from control.regulator import balance
from control.regulator.types import Floats, Learned
from tests.control.factories import column

QUARTER = column(0.25)
SEEN = np.ones(1, dtype=np.bool_)


def _days(
    learned: Learned, days: float, *, lack_k: float, slope_k: float = 0.0, swing_k: float = 6.0
) -> Learned:
    """Of a curve that lacks ``lack_k`` at freezing point, and ``slope_k`` more at -10 degrees."""
    for quarter in range(int(days * 96)):
        # Fronts of five days, so that the days differ.
        outdoor_c = column(swing_k * np.sin(quarter / 96 / 5 * 2 * np.pi))
        lack = lack_k - slope_k * outdoor_c / 10
        learned = balance.observed(learned, lack_k=lack, outdoor_c=outdoor_c, hours=QUARTER, seen=SEEN)
    return learned


def _correction(learned: Learned) -> float:
    return float(learned.correction_k[0])


def test_a_right_curve_is_left_alone() -> None:
    assert _correction(_days(balance.unknown(1), 5, lack_k=0.0)) == 0


def test_a_curve_too_hot_by_ten_kelvins_is_lowered_within_days_not_hours() -> None:
    after_a_day = _days(balance.unknown(1), 1, lack_k=-10)
    after_ten = _days(after_a_day, 9, lack_k=-10)

    assert -4.01 <= _correction(after_a_day) < -2
    assert _correction(after_ten) == pytest.approx(-10, abs=0.7)


def test_a_wrong_slope_is_told_from_a_wrong_shift() -> None:
    learned = _days(balance.unknown(1), 20, lack_k=-4, slope_k=3)

    assert learned.level_k[0] == pytest.approx(-4, abs=1)
    assert learned.slope_k[0] == pytest.approx(3, abs=1.5)


def test_confidence_grows_with_evidence_and_is_nought_without() -> None:
    outdoor_c: Floats = column(0.0)
    begun = _days(balance.unknown(1), 1, lack_k=-3)

    assert balance.confidence(balance.unknown(1), outdoor_c)[0] == 0
    assert 0.5 < balance.confidence(begun, outdoor_c)[0] < 0.9
    assert balance.confidence(_days(begun, 14, lack_k=-3), outdoor_c)[0] > 0.9


def test_the_correction_is_bounded_whatever_is_seen() -> None:
    assert _correction(_days(balance.unknown(1), 30, lack_k=-500)) >= balance.LOWEST_K
    assert _correction(_days(balance.unknown(1), 30, lack_k=500)) <= balance.HIGHEST_K


def test_where_the_rooms_are_no_longer_seen_the_curve_is_the_station_s_own_again() -> None:
    learned = _days(balance.unknown(1), 10, lack_k=-10)

    for _quarter in range(3 * 96):
        blind = np.zeros(1, dtype=np.bool_)
        learned = balance.observed(
            learned, lack_k=column(np.nan), outdoor_c=column(0), hours=QUARTER, seen=blind
        )

    assert abs(_correction(learned)) < 0.6


def test_rubbish_in_the_memory_is_the_prior() -> None:
    learned = _days(balance.unknown(1), 10, lack_k=-10)
    for rubbish in (
        replace(learned, level_k2=column(-1)),
        replace(learned, slope_k=column(np.nan)),
        replace(learned, shared_k2=column(1e6)),
    ):
        assert balance.sane(rubbish).level_k2.tolist() == [balance.PRIOR_K2]
        assert balance.sane(rubbish).correction_k.tolist() == [0]
    assert balance.sane(learned) is not learned
    assert balance.sane(learned).correction_k == learned.correction_k
