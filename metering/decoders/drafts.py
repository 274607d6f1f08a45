"""Putting a meter record together out of a telegram whose values are found one by one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from metering.decoders.frozen import Frozen
from metering.decoders.records import DecodeError, MeterRecord
from metering.decoders.values import BESIDE_RANGES, GAUGE_DIGITS, RANGES, REGISTERS, kept_json, whole
from metering.enums import Quality, Reason


class Draft:
    """What a telegram has said so far; what it cannot hold is the caller's to keep in ``raw``."""

    def __init__(self, **raw: Any) -> None:  # noqa: ANN401 - JSON
        """Begin with what is to be kept beside the canonical fields."""
        self.raw = raw
        self.words: list[str] = []
        self.error_h: float | None = None
        self.frozen = Frozen()
        self.is_doubtful = False  # all of it: the meter does not say what is wrong
        self._doubts: set[str] = set()
        self._values: dict[str, Any] = {}

    def take(self, target: str, value: Decimal | int, *, factor: Decimal, divisor: int = 1) -> bool:
        """Take a value for ``target``; False where the telegram's own digits have to be kept as well.

        The first value for a target stands. One that cannot be true is not taken; a register is doubtful
        then, a gauge is not: nobody is billed by it.
        """
        if target in self._values:
            return False
        low, high = RANGES[target]
        number: float
        if target in REGISTERS:
            number, is_held = whole(value, factor=factor, divisor=divisor)
        else:
            number, is_held = round(float(value * factor / divisor), GAUGE_DIGITS), True
        if not low <= number <= high:
            if target in REGISTERS:
                self.doubt(target)
            return False
        self._values[target] = number
        return is_held

    def take_error_time(self, hours: Decimal) -> None:
        """Take the meter's hours in error so far; the first ones stand, and absurd ones are none."""
        low, high = BESIDE_RANGES["error_h"]
        if self.error_h is None and low <= hours <= high:
            self.error_h = round(float(hours), GAUGE_DIGITS)

    def doubt(self, target: str) -> None:
        """Note that the meter doubts its value for ``target``, whether it said one or not."""
        self._doubts.add(target)

    def wraps(self, target: str, count: int, *, factor: Decimal, divisor: int) -> None:
        """Note that the register of ``target`` starts again at zero after ``count`` of its steps."""
        if target in REGISTERS and target in self._values:
            steps, _is_whole = whole(count, factor=factor, divisor=divisor)
            self.raw.setdefault("modulus", {}).setdefault(target, steps)

    def keep(self, place: str, **kept: Any) -> None:  # noqa: ANN401 - JSON
        """Keep something beside the canonical fields."""
        self.raw.setdefault(place, []).append(kept)

    def record(self, *, serial: str, measured_at: datetime, status: str) -> MeterRecord:
        """The finished record.

        Raises:
            DecodeError: neither energy nor volume could be taken.
        """
        values = self._values
        if REGISTERS.isdisjoint(values):
            reason = Reason.IMPLAUSIBLE if self.is_doubtful or self._doubts else Reason.MALFORMED
            raise DecodeError(reason, "There is no usable register: neither energy nor volume.")
        return MeterRecord(
            serial,
            measured_at,
            values.get("energy_wh"),
            values.get("volume_l"),
            values.get("power_w"),
            values.get("flow_l_h"),
            values.get("supply_c"),
            values.get("return_c"),
            status,
            Quality.SUSPECT if self.is_doubtful or self._doubts else Quality.MEASURED,
            kept_json(self.raw),
            None
            if self.is_doubtful or not self._doubts
            else " ".join(n for n in RANGES if n in self._doubts),
            self.error_h,
            self.frozen.at,
            self.frozen.wh,
        )
