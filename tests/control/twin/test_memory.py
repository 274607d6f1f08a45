from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from control.twin import community, memory
from control.twin.community import Plant, State
from control.twin.memory import Story
from tests.control.twin.layouts import MIDWINTER, Steady, a_layout

LAYOUT = a_layout()
STORY = Story(begun_at=MIDWINTER - timedelta(days=3), live_since=MIDWINTER, told=False)


def a_plant() -> Plant:
    return community.build(LAYOUT, climate=Steady(), seed=3)


def a_state(plant: Plant, *, hours: int) -> State:
    state = community.start(plant, at=MIDWINTER, setpoint_c=np.array([46.0]))
    return community.advance(plant, state, to=MIDWINTER + timedelta(hours=hours), setpoint_c=np.array([46.0]))


def test_what_was_saved_is_found_again(tmp_path: Path) -> None:
    plant, path = a_plant(), tmp_path / "twin" / "town.npz"
    lived, fresh = a_state(plant, hours=9), a_state(plant, hours=0)
    memory.save(path, layout=LAYOUT, state=lived, story=STORY)
    found = memory.load(path, layout=LAYOUT, fresh=fresh)
    assert found is not None
    state, story = found
    assert story == STORY
    assert state.at == lived.at
    for name in memory.OF_HOMES:
        np.testing.assert_array_equal(getattr(state, name), getattr(lived, name))
    np.testing.assert_array_equal(state.stations.supply_c, lived.stations.supply_c)


def test_nothing_is_remembered_before_the_first_run(tmp_path: Path) -> None:
    assert memory.load(tmp_path / "none.npz", layout=LAYOUT, fresh=a_state(a_plant(), hours=0)) is None


def test_a_torn_file_is_no_memory(tmp_path: Path) -> None:
    plant, path = a_plant(), tmp_path / "town.npz"
    memory.save(path, layout=LAYOUT, state=a_state(plant, hours=1), story=STORY)
    path.write_bytes(path.read_bytes()[:2000])
    assert memory.load(path, layout=LAYOUT, fresh=a_state(plant, hours=0)) is None
    path.write_bytes(b"")
    assert memory.load(path, layout=LAYOUT, fresh=a_state(plant, hours=0)) is None


def test_a_home_that_came_since_keeps_its_fresh_start_and_the_others_their_past(tmp_path: Path) -> None:
    plant, path = a_plant(), tmp_path / "town.npz"
    before = replace(LAYOUT, homes=LAYOUT.homes[1:])
    lived = a_state(plant, hours=9)
    fewer = replace(lived, **{name: getattr(lived, name)[1:] for name in memory.OF_HOMES})
    memory.save(path, layout=before, state=fewer, story=STORY)
    fresh = a_state(plant, hours=0)
    found = memory.load(path, layout=LAYOUT, fresh=fresh)
    assert found is not None
    assert found[0].energy_wh[0] == fresh.energy_wh[0]
    np.testing.assert_array_equal(found[0].energy_wh[1:], lived.energy_wh[1:])
