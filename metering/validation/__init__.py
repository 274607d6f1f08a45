"""Validation and estimation of meter readings: values in, findings out; the readings stay as they were.

Pure: no database, no clock, no files. The rules and their sources: `docs/validation.md`.
"""

from metering.validation.estimates import registers_between, sums_up
from metering.validation.levels import continues, on_register
from metering.validation.plain import hung, is_all_plain, is_plain
from metering.validation.rules import UNUSABLE, Findings, Known, explain, validate
from metering.validation.series import Meter, Series, series

__all__ = [
    "UNUSABLE",
    "Findings",
    "Known",
    "Meter",
    "Series",
    "continues",
    "explain",
    "hung",
    "is_all_plain",
    "is_plain",
    "on_register",
    "registers_between",
    "series",
    "sums_up",
    "validate",
]
