"""The desk's pages on steered stations and their targets."""

from control.admin.substations import SubstationControlAdmin
from control.admin.targets import OutdoorForecastAdmin, TargetAdmin

__all__ = ["OutdoorForecastAdmin", "SubstationControlAdmin", "TargetAdmin"]
