"""How likely a person votes "cold" or "warm" at a temperature: two logistic curves about the neutral one.

P(cold) = s(m - w - T), P(warm) = s(T - m - w) with s(x) = 1 / (1 + exp(-S x)). The slope and the
width are those of single persons; a whole population's slope is flatter, 0.48 per kelvin in Harbin homes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLOPE_PER_K: Final = 0.8
HALF_WIDTH_K: Final = 2.0
# Where people are neutral before they have said anything; 22 to 23 degrees in Harbin homes.
PRIOR_NEUTRAL_C: Final = 22.0
PRIOR_VARIANCE_K2: Final = 1.0
# A vote this unlikely or less at its measured temperature begins to lose its weight.
PLAUSIBLE: Final = 0.05


def cold_and_warm(neutral_c: Floats, temperature_c: Floats) -> tuple[Floats, Floats]:
    """The probabilities of a "cold" and of a "warm" vote, shaped like the arguments."""
    return (
        _logistic(neutral_c - HALF_WIDTH_K - temperature_c),
        _logistic(temperature_c - neutral_c - HALF_WIDTH_K),
    )


def probability(sign: Ints, neutral_c: Floats, temperature_c: Floats) -> Floats:
    """How likely the vote was: ``sign`` -1 cold, 0 comfortable, 1 warm."""
    cold, warm = cold_and_warm(neutral_c, temperature_c)
    return np.select([sign < 0, sign > 0], [cold, warm], 1 - cold - warm)


def gradient_and_information(sign: Ints, neutral_c: Floats, temperature_c: Floats) -> tuple[Floats, Floats]:
    """Of a cold or warm vote, the log-likelihood's slope by the neutral temperature, and its information."""
    cold, warm = cold_and_warm(neutral_c, temperature_c)
    gradient = SLOPE_PER_K * np.select([sign < 0, sign > 0], [1 - cold, warm - 1], 0.0)
    information = SLOPE_PER_K**2 * (cold * (1 - cold) + warm * (1 - warm))
    return gradient, information


def _logistic(kelvins: Floats) -> Floats:
    # tanh neither overflows nor warns, whatever comes in.
    return 0.5 * (1 + np.tanh(0.5 * SLOPE_PER_K * kelvins))
