"""The desk's pages about devices, gaps, estimates, files, the quarantine, storage and the plant signals."""

from metering.admin import devices, estimates, exceptions, exports, gaps, imports, quarantine, storage, tags

__all__ = [
    "devices",
    "estimates",
    "exceptions",
    "exports",
    "gaps",
    "imports",
    "quarantine",
    "storage",
    "tags",
]
