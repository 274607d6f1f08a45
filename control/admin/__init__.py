"""The desk's pages on steered stations and their targets."""

from control.admin.alarms import AlarmAdmin, AlarmRuleAdmin
from control.admin.saving import EnergyFactorAdmin, RolloutStageAdmin
from control.admin.substations import SubstationControlAdmin
from control.admin.targets import OutdoorForecastAdmin, TargetAdmin
from control.admin.valves import ValveControlAdmin, ValveTargetAdmin

__all__ = [
    "AlarmAdmin",
    "AlarmRuleAdmin",
    "EnergyFactorAdmin",
    "OutdoorForecastAdmin",
    "RolloutStageAdmin",
    "SubstationControlAdmin",
    "TargetAdmin",
    "ValveControlAdmin",
    "ValveTargetAdmin",
]
