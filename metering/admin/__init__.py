"""The desk's pages about devices, the quarantine and the registry of plant signals."""

from metering.admin import devices, quarantine, tags

__all__ = ["devices", "quarantine", "tags"]
