"""What the twin remembers from run to run, so that no register goes back and no room jumps."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from control.twin.community import State
from control.twin.layout import Layout
from control.twin.noise import Floats

ABOUT: Final = ("homes", "times", "told", "supply", "returned")
# The arrays of a State that hold an entry a home.
OF_HOMES: Final = ("air_c", "mass_c", "energy_wh", "volume_l", "heat_w", "supply_c", "return_c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The back-fill runs from ``begun_at`` up to ``live_since``, where the present takes over."""

    begun_at: datetime
    live_since: datetime
    # Whether the broker has acknowledged all of that history; if not, it is told again.
    told: bool


def save(path: Path, *, layout: Layout, state: State, story: Story) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = [state.at, story.begun_at, story.live_since]
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        np.savez(
            file,
            homes=np.array([home.id for home in layout.homes]),
            times=np.array([time.timestamp() for time in times]),
            told=np.array(story.told),
            supply=state.stations.supply_c,
            returned=state.stations.return_c,
            **{name: getattr(state, name) for name in OF_HOMES},
        )
    new.replace(path)


def load(path: Path, *, layout: Layout, fresh: State) -> tuple[State, Story] | None:
    """The state and story of the last run over ``fresh``; None before the first run, or if it is unreadable.

    Homes that are new since then keep what they have in ``fresh``.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in (*OF_HOMES, *ABOUT)}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if len(arrays["supply"]) != len(fresh.stations.supply_c):
        return None
    at, begun_at, live_since = (datetime.fromtimestamp(t, UTC) for t in arrays["times"].tolist())
    before = {home: n for n, home in enumerate(arrays["homes"].tolist())}
    here = [n for n, home in enumerate(layout.homes) if home.id in before]
    there = [before[layout.homes[n].id] for n in here]
    values: dict[str, Any] = {
        name: _merged(getattr(fresh, name), arrays[name], here, there) for name in OF_HOMES
    }
    stations = replace(fresh.stations, supply_c=arrays["supply"], return_c=arrays["returned"])
    state = replace(fresh, at=at, stations=stations, **values)
    return state, Story(begun_at=begun_at, live_since=live_since, told=bool(arrays["told"]))


def _merged(fresh: Floats, kept: Floats, here: list[int], there: list[int]) -> Floats:
    values = np.array(fresh, dtype=np.float64)
    values[here] = kept[there]
    return values
