"""The desk's pages about devices, gaps, readings in files, the quarantine, storage and the plant signals."""

from metering.admin import devices, exceptions, exports, gaps, imports, quarantine, storage, tags

__all__ = ["devices", "exceptions", "exports", "gaps", "imports", "quarantine", "storage", "tags"]
