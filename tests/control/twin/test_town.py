from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from control.twin import history, instruments, memory, process, town
from control.twin.history import Hour, Saying
from control.twin.layout import Known, Layout
from control.twin.town import Town
from control.weather import ClimateModel
from tests.control.twin.layouts import MIDWINTER, a_layout

NOW = MIDWINTER + timedelta(hours=2, minutes=17)
BACK = MIDWINTER - timedelta(days=2)


def a_town(layout: Layout | None = None) -> Town:
    return town.build(layout or a_layout(), seed=5)


def options(path: Path) -> process.Options:
    return process.Options(backfill_from=BACK, path=path / "town.npz")


def energies(of: Town, hours: list[Hour]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    flow = of.plant.homes.flow_l_h
    return np.stack(
        [instruments.meter_faces(of.instruments, h.state, flow_l_h=flow).energy_wh for h in hours]
    )


def test_the_past_has_every_whole_hour_from_its_first_on() -> None:
    of = a_town()
    *hours, present = town.past(of, town.first_story(of, backfill_from=BACK, now=NOW))
    assert [hour.state.at for hour in hours] == [BACK + timedelta(hours=n) for n in range(51)]
    assert present.state.at == NOW


def test_the_same_past_can_be_told_twice() -> None:
    of = a_town()
    story = town.first_story(of, backfill_from=BACK, now=NOW)
    first, second = (energies(of, town.past(of, story)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_twin_without_memory_goes_on_where_the_readings_end() -> None:
    layout = a_layout()
    at = MIDWINTER + timedelta(minutes=30)
    known = Known(measured_at=at, energy_wh=7_777_000, volume_l=888_000)
    of = a_town(replace(layout, meters=tuple(replace(m, known=known) for m in layout.meters)))
    story = town.first_story(of, backfill_from=BACK, now=NOW)
    assert story.begun_at == at
    hours = town.past(of, story)
    assert hours[0].state.at == MIDWINTER + timedelta(hours=1)
    assert (energies(of, hours)[0] >= 7_777_000 - 999).all()
    assert (energies(of, hours)[0] < 7_777_000 + 10_000).all()


def test_the_climate_by_the_hour_agrees_with_the_model_on_the_hour() -> None:
    place = town.AtPlace(ClimateModel(), 39.9, 116.4)
    model = ClimateModel().outdoor_c(39.9, 116.4, np.datetime64("2026-01-10T04:00:00", "s"))
    assert place.outdoor_c(MIDWINTER) == pytest.approx(float(model))
    between = place.outdoor_c(MIDWINTER + timedelta(minutes=30))
    ends = [place.outdoor_c(MIDWINTER + timedelta(hours=n)) for n in (0, 1)]
    assert between == pytest.approx(sum(ends) / 2)


def test_first_the_whole_past_is_untold(tmp_path: Path) -> None:
    of = a_town()
    state, story, hours = process.begin(of, options=options(tmp_path), now=NOW)
    assert (state.at, story.begun_at, story.told) == (NOW, BACK, False)
    assert len(hours) == 51


def test_after_a_pause_only_the_pause_is_untold_and_no_register_goes_back(tmp_path: Path) -> None:
    of = a_town()
    state, story, _hours = process.begin(of, options=options(tmp_path), now=NOW)
    memory.save(options(tmp_path).path, layout=of.layout, state=state, story=replace(story, told=True))
    later = NOW + timedelta(hours=3)
    resumed, _story, gap = process.begin(of, options=options(tmp_path), now=later)
    assert [hour.state.at.hour for hour in gap] == [7, 8, 9]
    assert resumed.at == later
    assert (gap[0].state.energy_wh >= state.energy_wh).all()
    assert (resumed.energy_wh >= gap[-1].state.energy_wh).all()


def test_a_past_that_was_cut_short_is_told_again_before_the_pause(tmp_path: Path) -> None:
    of = a_town()
    state, story, told = process.begin(of, options=options(tmp_path), now=NOW)
    memory.save(options(tmp_path).path, layout=of.layout, state=state, story=story)
    _state, _story, again = process.begin(of, options=options(tmp_path), now=NOW + timedelta(hours=3))
    np.testing.assert_array_equal(energies(of, again[: len(told)]), energies(of, told))
    assert len(again) == len(told) + 3


def test_the_past_is_told_by_gateways_and_controllers_day_by_day_rooms_last() -> None:
    of = a_town()
    hours = town.past(of, town.first_story(of, backfill_from=BACK, now=NOW))[:-1]
    batches = list(history.sayings(of.layout, of.plant, of.instruments, hours))
    channels = [sorted({saying.channel for saying in batch}) for batch in batches]
    assert channels == [["reading", "telemetry"]] * 3 + [["temperature"]] * 3
    said = {channel: _count(batches, channel) for channel in ("reading", "telemetry")}
    assert said == {"reading": 51 * len(of.layout.meters), "telemetry": 51}
    speakers = {saying.speaker for batch in batches for saying in batch}
    assert speakers == {"gw-1", "gw-2", "gw-3", "plc-1"}


def _count(batches: list[list[Saying]], channel: str) -> int:
    return sum(len(saying.values) for batch in batches for saying in batch if saying.channel == channel)
