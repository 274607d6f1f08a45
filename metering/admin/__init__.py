"""The desk's pages about devices, gaps and exports of readings, the quarantine and the plant signals."""

from metering.admin import devices, exceptions, exports, gaps, quarantine, tags

__all__ = ["devices", "exceptions", "exports", "gaps", "quarantine", "tags"]
