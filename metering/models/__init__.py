"""One file a concept."""

from metering.models.device import Connectivity, Device, Installation
from metering.models.finding import ReadingFlag, ValidationCursor
from metering.models.quarantine import QuarantinedMessage
from metering.models.reading import Reading, RoomTemperature
from metering.models.telemetry import TagLimits, TagPath, TelemetryTag, TelemetryValue

__all__ = [
    "Connectivity",
    "Device",
    "Installation",
    "QuarantinedMessage",
    "Reading",
    "ReadingFlag",
    "RoomTemperature",
    "TagLimits",
    "TagPath",
    "TelemetryTag",
    "TelemetryValue",
    "ValidationCursor",
]
