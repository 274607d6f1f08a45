"""The desk's pages about devices, their readings' gaps, the quarantine and the registry of plant signals."""

from metering.admin import devices, exceptions, gaps, quarantine, tags

__all__ = ["devices", "exceptions", "gaps", "quarantine", "tags"]
