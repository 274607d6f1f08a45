"""Register faults that others published, with our answers: MyEMS's commented cases, Home Assistant's resets.

MyEMS: `clean_energy_value.py` (1.1 to 2.10) and `meter.py` (special cases 1 to 4). Long runs of equal values
are shortened. What MyEMS leaves open ("todo", "bad?") we answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from metering.enums import Finding
from metering.validation import Meter, validate
from tests.metering.validation.makers import kwh, named

DIP, SPIKE, LEVEL, BAD = Finding.DIP, Finding.SPIKE, Finding.LEVEL, Finding.BAD_REGISTER


class Case(NamedTuple):
    """Registers in kWh, a minute apart, and what is found by place."""

    kwh: Sequence[float]
    found: dict[int, Finding]
    nominal_power_w: float | None = None


MYEMS = {
    "1.1 a spike of 1.8e21": Case(
        [115603.0] * 2 + [1.832278249396618e21] * 3 + [115749.0] * 2, dict.fromkeys((2, 3, 4), BAD)
    ),
    "1.2 zeros": Case([115823.0] * 2 + [0] * 4 + [115969.0] * 2, dict.fromkeys(range(2, 6), DIP)),
    "1.3 negative": Case(
        [139968] * 2 + [-7.068193740872921e-3] * 3 + [140114] * 3, dict.fromkeys((2, 3, 4), BAD)
    ),
    "1.4 nearly zero": Case(
        [165599.0] * 2 + [0.00303281145170331] * 3 + [165746.0] * 3, dict.fromkeys((2, 3, 4), DIP)
    ),
    "2.1 one dip": Case([146129.015] * 3 + [145693.015] + [146274] * 4, {3: DIP}),
    "2.2 a dip before a gap": Case([33933560, 33933568, 33933568, 33928880] + [33934040] * 4, {3: DIP}),
    "2.3 one digit lost": Case([23998, 23999, 23999, 23000, 24000, 24001, 24001], {3: DIP}),
    "2.3.1 a dip on the way": Case(
        [40454414.063, 40454476.563, 40428074.219, 40454621.094, 40454703.125], {2: DIP}
    ),
    "2.4 a long dip": Case(
        [216463.016] * 3 + [192368.016] * 8 + [216574.016] * 2, dict.fromkeys(range(3, 11), DIP)
    ),
    "2.5 a short dip": Case(
        [844966.063] * 3 + [826142.063] * 4 + [845019.063] * 3, dict.fromkeys(range(3, 7), DIP)
    ),
    "2.6 a dip while running": Case(
        [38968060, 38968236, 38968408] + [28371884] * 5 + [38968876, 38969028],
        dict.fromkeys(range(3, 8), DIP),
    ),
    "2.7 a small dip": Case([33600] * 4 + [33500] * 2 + [33600] * 3, {4: DIP, 5: DIP}),
    # Open there; here a jump that stays is not billed before somebody explains it.
    "2.8 a jump that stays": Case([138144] * 4 + [52776558592] * 5, dict.fromkeys(range(4, 9), LEVEL)),
    "2.10 a step beyond its size": Case(
        [253079.016] * 4 + [259783.016] * 4, dict.fromkeys(range(4, 8), LEVEL), 300_000
    ),
    # There the energy of the gap lands in one hour or is dropped; here nothing is wrong with the registers.
    "special 2, a used meter": Case(
        [56842157.908, 56842170.812, 56842183.486, 56842195.953, 56842208.42], {}
    ),
    "special 3, roll-over": Case([999984.0625] * 3 + [20] * 3, {3: Finding.ROLLOVER}),
    "special 4, zeros before": Case(
        [0] * 5 + [1103325.75, 1103349, 1103373, 1103391.875], dict.fromkeys(range(5), BAD)
    ),
}


@pytest.mark.parametrize("case", MYEMS.values(), ids=MYEMS.keys())
def test_a_published_case_of_myems_is_answered(case: Case) -> None:
    found = validate(kwh(case.kwh, step_s=64), Meter(nominal_power_w=case.nominal_power_w))
    answer = {n: named(found, n) for n in range(len(case.kwh)) if named(found, n)}
    assert answer == {n: {finding} for n, finding in case.found.items()}


def test_a_line_that_was_cut_loses_nothing_myems_special_1() -> None:
    series = kwh([38312088, 38312088, 38315900, 38315928, 38315928])
    found = validate(series, Meter())
    assert not found.unusable.any()


def test_a_roll_over_carries_its_modulus_on() -> None:
    found = validate(kwh([999984.0625] * 3 + [20] * 3, step_s=64), Meter())
    assert found.carry_wh == {3: 1_000_000_000}
    assert not found.unusable.any()


def test_a_dip_beside_the_modulus_is_no_roll_over() -> None:
    found = validate(kwh([999984, 999984, 20, 999985, 999985, 999986], step_s=64), Meter())
    assert named(found, 2) == {DIP}
    assert found.carry_wh == {}


# Home Assistant's `total_increasing`: below nine tenths of the last value it starts a new cycle, which adds
# the fallen register once more; between nine tenths and all of it it warns; negative is an error.
HOME_ASSISTANT = {
    "it falls by half and climbs on": Case([10, 15, 20, 10, 30, 40, 50, 60, 70], {3: DIP}),
    "it falls a little": Case([10, 15, 20, 19, 30, 40, 50, 60, 70], {3: DIP}),
    "one zero": Case([3931.8, 3932.8, 0, 3933.8, 3934.8], {2: DIP}),
    "not to zero but to a small value": Case(
        [5000, 5010, 0.5, 10, 20, 30, 40], dict.fromkeys(range(2, 7), LEVEL)
    ),
    "too fresh to tell": Case([5000, 5010, 0.5], {2: Finding.DECREASE}),
    "negative": Case([10, 15, -20, 25, 30], {2: BAD}),
}


@pytest.mark.parametrize("case", HOME_ASSISTANT.values(), ids=HOME_ASSISTANT.keys())
def test_a_reset_of_home_assistant_is_answered(case: Case) -> None:
    found = validate(kwh(case.kwh), Meter(nominal_power_w=10_000))
    answer = {n: named(found, n) for n in range(len(case.kwh)) if named(found, n)}
    assert answer == {n: {finding} for n, finding in case.found.items()}


@pytest.mark.parametrize("case", [*MYEMS.values(), *HOME_ASSISTANT.values()])
def test_what_is_left_ascends_but_for_a_roll_over(case: Case) -> None:
    found = validate(kwh(case.kwh, step_s=64), Meter(nominal_power_w=case.nominal_power_w))
    registers = np.array(case.kwh)[~found.unusable]
    falls = np.flatnonzero(np.diff(registers) < 0)
    assert len(falls) == len(found.carry_wh)
