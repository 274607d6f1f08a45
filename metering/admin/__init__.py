"""The desk's pages about devices and the quarantine."""

from metering.admin import devices, quarantine

__all__ = ["devices", "quarantine"]
