"""Short series for the rules: a reading a step, what a test does not say is not said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metering.enums import Finding
from metering.validation import Findings, Series, series

START_S = 1_767_571_200  # 5 January 2026, midnight UTC


def kwh(values: Sequence[float], *, step_s: int = 3600, **others: Any) -> Series:  # noqa: ANN401 - the fields' values
    """Registers in kWh, one a step."""
    at_s = START_S + step_s * np.arange(len(values))
    arrays = {name: np.asarray(given) for name, given in others.items()}
    return series(at_s, np.array(values, dtype=float) * 1000, **arrays)


def steady(count: int, **others: Any) -> Series:  # noqa: ANN401 - as above
    """Five kWh an hour."""
    return kwh([1000 + 5 * n for n in range(count)], **others)


def places(found: Findings, finding: Finding) -> list[int]:
    """Which readings a finding applies to."""
    return [int(n) for n in np.flatnonzero(found.flags[finding])]


def named(found: Findings, n: int) -> set[Finding]:
    """What was found in one reading."""
    return {finding for finding, flags in found.flags.items() if flags[n]}
