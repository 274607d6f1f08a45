from __future__ import annotations

from datetime import timedelta

import numpy as np

from control.twin import community, instruments
from control.twin.community import Plant, State
from tests.control.twin.layouts import MIDWINTER, Steady, a_layout

LAYOUT = a_layout()
PLANT: Plant = community.build(LAYOUT, climate=Steady(), seed=3)
OF = instruments.build(LAYOUT, seed=3)


def states(*, hours: int) -> list[State]:
    setpoint = np.array([46.0])
    found = [community.start(PLANT, at=MIDWINTER, setpoint_c=setpoint)]
    for n in range(1, hours + 1):
        found.append(
            community.advance(PLANT, found[-1], to=MIDWINTER + timedelta(hours=n), setpoint_c=setpoint)
        )
    return found


def test_registers_count_in_whole_steps_and_never_go_back() -> None:
    shown = [instruments.meter_faces(OF, s, flow_l_h=PLANT.homes.flow_l_h) for s in states(hours=30)]
    energy = np.stack([faces.energy_wh for faces in shown])
    assert (energy % OF.resolution_wh == 0).all()
    assert (np.diff(energy, axis=0) >= 0).all()
    assert (np.diff(np.stack([faces.volume_l for faces in shown]), axis=0) >= 0).all()
    assert set(OF.resolution_wh) == {100, 1000}


def test_a_register_is_less_than_one_step_behind_the_truth() -> None:
    state = states(hours=5)[-1]
    shown = instruments.meter_faces(OF, state, flow_l_h=PLANT.homes.flow_l_h).energy_wh
    behind = state.energy_wh[OF.meter_home] - shown
    assert (behind >= 0).all()
    assert (behind < OF.resolution_wh).all()


def test_room_sensors_show_tenths_near_the_truth() -> None:
    state = states(hours=3)[-1]
    shown = instruments.room_temperatures_c(OF, state.air_c, at=state.at)
    heard = shown[np.isfinite(shown)]
    np.testing.assert_allclose(heard * 10, np.round(heard * 10), atol=1e-9)
    assert np.nanmax(np.abs(shown - state.air_c[OF.sensor_home])) < 2.0


def test_a_sensor_keeps_its_error_and_loses_a_message_now_and_then() -> None:
    air = np.full(len(PLANT.homes), 21.0)
    shown = np.stack(
        [
            instruments.room_temperatures_c(OF, air, at=MIDWINTER + timedelta(seconds=15 * n))
            for n in range(2000)
        ]
    )
    lost = np.isnan(shown).mean()
    assert 0.002 < lost < 0.007
    np.testing.assert_allclose(np.nanmean(shown, axis=0), 21.0 + OF.sensor_bias_k, atol=0.02)


def test_humidity_is_that_of_a_heated_home() -> None:
    humid = instruments.humidities_pct(OF, at=MIDWINTER)
    assert humid.min() >= 30
    assert humid.max() <= 55
