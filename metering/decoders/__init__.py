"""From bytes to canonical records: Wh, litres, W, l/h, °C, UTC. Pure: no database, no clock, no surprises.

A payload is one entry or a list of entries. Each entry either becomes records or a fault with a sentence;
one bad entry does not spoil its neighbours.
"""

from metering.decoders.channels import CHANNELS, Decoded, decode
from metering.decoders.records import (
    Fault,
    MeterRecord,
    Record,
    StatusRecord,
    TelemetryRecord,
    TemperatureRecord,
)
from metering.decoders.together import Payload, decode_many

__all__ = [
    "CHANNELS",
    "Decoded",
    "Fault",
    "MeterRecord",
    "Payload",
    "Record",
    "StatusRecord",
    "TelemetryRecord",
    "TemperatureRecord",
    "decode",
    "decode_many",
]
