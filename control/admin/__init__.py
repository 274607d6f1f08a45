"""The desk's pages on steered stations and their targets."""

from control.admin.alarms import AlarmAdmin, AlarmRuleAdmin
from control.admin.substations import SubstationControlAdmin
from control.admin.targets import OutdoorForecastAdmin, TargetAdmin

__all__ = ["AlarmAdmin", "AlarmRuleAdmin", "OutdoorForecastAdmin", "SubstationControlAdmin", "TargetAdmin"]
