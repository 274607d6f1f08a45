"""The desk's pages about devices, the quarantine and the registry of plant signals."""

from metering.admin import devices, exceptions, quarantine, tags

__all__ = ["devices", "exceptions", "quarantine", "tags"]
