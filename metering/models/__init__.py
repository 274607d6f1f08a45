"""One file a concept."""

from metering.models.balance import UnbalancedBatch
from metering.models.consumption import (
    ConsumptionCursor,
    ConsumptionMark,
    MeterConsumption,
    PlaceConsumption,
)
from metering.models.device import Connectivity, Device, Installation
from metering.models.edit import ReadingEdit
from metering.models.estimate import RegisterEstimate
from metering.models.exchange import MeterExchange
from metering.models.export import ReadingExport
from metering.models.finding import ReadingFlag, ValidationCursor, ValidationRequest, WatchedMeter
from metering.models.gap import ReadingGap
from metering.models.imported import ReadingImport, ReadingImportFault
from metering.models.move import MoveOut
from metering.models.quarantine import QuarantinedMessage
from metering.models.reading import Reading, RoomTemperature
from metering.models.storage import StorageRules
from metering.models.telemetry import TagLimits, TagPath, TelemetryTag, TelemetryValue

__all__ = [
    "Connectivity",
    "ConsumptionCursor",
    "ConsumptionMark",
    "Device",
    "Installation",
    "MeterConsumption",
    "MeterExchange",
    "MoveOut",
    "PlaceConsumption",
    "QuarantinedMessage",
    "Reading",
    "ReadingEdit",
    "ReadingExport",
    "ReadingFlag",
    "ReadingGap",
    "ReadingImport",
    "ReadingImportFault",
    "RegisterEstimate",
    "RoomTemperature",
    "StorageRules",
    "TagLimits",
    "TagPath",
    "TelemetryTag",
    "TelemetryValue",
    "UnbalancedBatch",
    "ValidationCursor",
    "ValidationRequest",
    "WatchedMeter",
]
