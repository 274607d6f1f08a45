"""What a payload says, in canonical units. Named tuples, because ten thousand a second are made."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from metering.enums import Quality, Reason


class MeterRecord(NamedTuple):
    """A heat meter's registers and gauges in one instant; at least one register is there."""

    serial: str  # empty: the sender speaks of itself
    measured_at: datetime
    energy_wh: int | None
    volume_l: int | None
    power_w: float | None
    flow_l_h: float | None
    supply_c: float | None
    return_c: float | None
    status: str
    quality: Quality
    raw: bytes | None  # JSON of what the canonical fields do not hold, or hold less finely
    # Of a suspect record: which of the fields above the meter doubts, by a space; None is all of them.
    doubts: str | None = None
    error_h: float | None = None  # the meter's hours in error so far
    target_at: datetime | None = None  # its target (billing) day, and the register it froze then
    target_wh: int | None = None


class TemperatureRecord(NamedTuple):
    """A room's air in one instant."""

    serial: str
    measured_at: datetime
    temperature_c: float
    humidity_pct: float | None


class TelemetryRecord(NamedTuple):
    """One plant signal in one instant, by its name; whether it is known is the registry's to say."""

    tag: str
    measured_at: datetime
    value: float


class StatusRecord(NamedTuple):
    """A device came or went."""

    online: bool
    at: datetime


Record = MeterRecord | TemperatureRecord | TelemetryRecord | StatusRecord


class Fault(NamedTuple):
    """Why an entry could not be read; ``detail`` is a sentence for people."""

    reason: Reason
    detail: str


class DecodeError(ValueError):
    """An entry cannot become a record; carries the reason beside the sentence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Keep both."""
        super().__init__(detail)
        self.reason = reason
