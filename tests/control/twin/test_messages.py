"""What the twin says, read by the decoders that real devices are read by."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from control.twin import community, instruments, messages
from control.twin.plc import Answer
from metering.decoders import MeterRecord, StatusRecord, TelemetryRecord, TemperatureRecord, decode
from metering.vocabulary import TAGS
from tests.control.twin.layouts import MIDWINTER, Steady, a_layout

LAYOUT = a_layout()
PLANT = community.build(LAYOUT, climate=Steady(), seed=3)
OF = instruments.build(LAYOUT, seed=3)
STATE = community.advance(
    PLANT,
    community.start(PLANT, at=MIDWINTER - timedelta(hours=30), setpoint_c=np.array([46.0])),
    to=MIDWINTER,
    setpoint_c=np.array([46.0]),
)
FACES = instruments.meter_faces(OF, STATE, flow_l_h=PLANT.homes.flow_l_h)


@pytest.mark.parametrize("form", [messages.native_reading, messages.telegram])
def test_a_reading_says_what_the_meter_shows(form: object) -> None:
    assert callable(form)
    payload = messages.encode(form(FACES, 4, serial="58400004", at=MIDWINTER))
    records, faults = decode("reading", payload, MIDWINTER)
    assert faults == []
    (record,) = records
    assert isinstance(record, MeterRecord)
    assert (record.serial, record.measured_at) == ("58400004", MIDWINTER)
    assert (record.energy_wh, record.volume_l) == (int(FACES.energy_wh[4]), int(FACES.volume_l[4]))
    assert record.power_w == pytest.approx(FACES.power_w[4], abs=0.6)
    assert record.supply_c == pytest.approx(FACES.supply_c[4], abs=0.06)


def test_each_gateway_speaks_its_own_form() -> None:
    native, telegram = messages.readings(LAYOUT, [0, 12], FACES, at=MIDWINTER)
    assert "measured_at" in native
    assert telegram["_"] == "telegram"


def test_room_values_are_read_back_and_lost_ones_are_missing() -> None:
    shown = np.full(len(LAYOUT.sensors), 21.37)
    shown[1] = np.nan
    said = messages.temperatures(
        LAYOUT, [0, 1, 2], shown_c=shown, humidity_pct=np.full(len(shown), 40.0), at=MIDWINTER
    )
    records, faults = decode("temperature", messages.encode(said), MIDWINTER)
    assert faults == []
    assert records == [
        TemperatureRecord("rs-0", MIDWINTER, 21.4, 40.0),
        TemperatureRecord("rs-2", MIDWINTER, 21.4, 40.0),
    ]


def test_telemetry_speaks_only_words_of_the_vocabulary_within_their_ranges() -> None:
    said = messages.telemetry(
        STATE.stations, 0, setpoint_c=np.array([46.0]), outdoor_c=STATE.outdoor_c, at=MIDWINTER
    )
    records, faults = decode("telemetry", messages.encode(said), MIDWINTER)
    assert faults == []
    points = {record.tag: record.value for record in records if isinstance(record, TelemetryRecord)}
    assert len(points) == 11
    assert points.keys() <= TAGS.keys()
    assert all(TAGS[tag].low <= value <= TAGS[tag].high for tag, value in points.items())
    assert points["secondary_supply_target_c"] == 46.0


def test_status_is_read_back() -> None:
    said = messages.encode(messages.status(online=False, at=MIDWINTER))
    assert decode("status", said, MIDWINTER).records == [StatusRecord(online=False, at=MIDWINTER)]


def test_an_answer_names_its_command_and_reason() -> None:
    answer = Answer(command="c0ffee", state="rejected", reason="expired")
    assert messages.ack(answer, at=MIDWINTER) == {
        "command": "c0ffee",
        "state": "rejected",
        "reason": "expired",
        "at": "2026-01-10T04:00:00.000Z",
    }
