"""One file a concept."""

from control.models.alarm import Alarm, AlarmEntry, AlarmRule, AlarmWatch
from control.models.forecast import OutdoorForecast
from control.models.hold import ManualHold
from control.models.load import LoadForecast, LoadForecastScore, LoadHour
from control.models.rollout import EnergyFactor, RolloutStage
from control.models.substation import RegulatorState, SubstationControl
from control.models.target import (
    Target,
    TargetTransition,
    ValveTarget,
    ValveTransition,
)
from control.models.valve import ValveControl

__all__ = [
    "Alarm",
    "AlarmEntry",
    "AlarmRule",
    "AlarmWatch",
    "EnergyFactor",
    "LoadForecast",
    "LoadForecastScore",
    "LoadHour",
    "ManualHold",
    "OutdoorForecast",
    "RegulatorState",
    "RolloutStage",
    "SubstationControl",
    "Target",
    "TargetTransition",
    "ValveControl",
    "ValveTarget",
    "ValveTransition",
]
