"""What the rules look at: one meter's readings side by side, and what is known of the meter."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

# Twice the nominal power is the most a heat meter of a size is built for (qs = 2 qp, EN 1434).
OVERLOAD: Final = 2.0
# Of a meter of which neither size nor place is known: more than any building's.
ANY_METER_W: Final = 20e6
FOREVER_S: Final = 2**62


@dataclass(frozen=True, slots=True)
class Meter:
    """What the rules need to know of a meter; ``resolution_wh`` is the register's last digit.

    ``hung_s`` are the times it hung somewhere, both ends included, ascending: its register is followed
    within each of them, never across. ``modulus_wh`` is where the register starts again, if that is known.
    """

    nominal_power_w: float | None = None
    hung_s: tuple[tuple[int, int], ...] = ((-FOREVER_S, FOREVER_S),)
    resolution_wh: float = 1000.0
    modulus_wh: int | None = None

    @property
    def limit_w(self) -> float:
        """More power than this cannot pass the meter."""
        return self.nominal_power_w * OVERLOAD if self.nominal_power_w else ANY_METER_W

    def reach_wh(self, seconds: float) -> float:
        """How far the register may rise in a time; an hour of grace for telegrams that were under way."""
        return self.limit_w * (seconds / 3600 + 1)


@dataclass(frozen=True, slots=True)
class Series:
    """A meter's readings as arrays of one length, ascending by ``at_s``; NaN is what was not said.

    Instants are whole seconds since 1970. Registers are floats here, exact up to 9 PWh; nothing is billed
    from them. ``is_error`` is the meter's own doubt of its energy, ``is_gauge_error`` of anything else;
    ``error_h`` its hours in error, ``target_wh`` the register it froze at ``target_s``.
    """

    at_s: Ints
    received_s: Ints
    energy_wh: Floats
    volume_l: Floats
    power_w: Floats
    flow_l_h: Floats
    supply_c: Floats
    return_c: Floats
    is_error: Flags
    is_gauge_error: Flags
    error_h: Floats
    target_s: Ints
    target_wh: Floats

    def __len__(self) -> int:
        """How many readings."""
        return len(self.at_s)


def series(at_s: Ints, energy_wh: Floats, **others: Any) -> Series:  # noqa: ANN401 - the fields' own arrays
    """A series of what is known; what is left out was not said, and arrived when it was measured.

    Raises:
        ValueError: not ascending, or arrays of different lengths.
    """
    count = len(at_s)
    given: dict[str, Any] = {"at_s": at_s, "energy_wh": energy_wh, "received_s": at_s, **others}
    if any(len(values) != count for values in given.values()):
        raise ValueError("Each array of a series has one value a reading.")
    if np.any(np.diff(at_s) < 0):
        raise ValueError("A series ascends by the instants of its readings.")
    blanks: dict[str, Any] = {
        "target_s": np.zeros(count, dtype=np.int64),
        "is_error": np.zeros(count, dtype=np.bool_),
        "is_gauge_error": np.zeros(count, dtype=np.bool_),
    }
    nothing = np.full(count, np.nan)
    return Series(**{f.name: given.get(f.name, blanks.get(f.name, nothing)) for f in fields(Series)})
