"""Nothing is guessed: what is not what it must be is refused, with a sentence that says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from metering.decoders import Fault, MeterRecord, StatusRecord, TelemetryRecord, TemperatureRecord, decode
from metering.enums import Reason

RECEIVED = datetime(2026, 1, 5, 6, 0, 30, tzinfo=UTC)
AT = "2026-01-05T06:00:00Z"
MEASURED = datetime(2026, 1, 5, 6, tzinfo=UTC)


def fault(channel: str, payload: Any) -> Fault:  # noqa: ANN401 - JSON
    """The one fault of a payload that says nothing else."""
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    decoded = decode(channel, body, received_at=RECEIVED)
    assert decoded.records == []
    (found,) = decoded.faults
    return found


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b'{"energy_kwh": NaN}',
        b'{"energy_kwh": 1e400}',
        b'{"id": "\\ud800"}',
        b"[" * 2000,
    ],
)
def test_a_payload_that_is_not_json(payload: bytes) -> None:
    found = fault("reading", payload)
    assert found.reason == Reason.MALFORMED
    assert found.detail.startswith("The payload is not JSON: ")


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (b"[]", "The list is empty."),
        (b"7", "It is not a JSON object."),
        (
            b'{"measured_at": "2026-01-05T06:00:00Z", "energy_kwh": 1, "x": "\\u0000"}',
            "The payload contains a NUL character.",
        ),
        ({"measured_at": AT}, "There is no register: neither energy nor volume."),
        ({"measured_at": AT, "energy_kwh": True}, "'energy_kwh' is True, which is not a number."),
        ({"measured_at": AT, "energy_kwh": "6884"}, "'energy_kwh' is '6884', which is not a number."),
        ({"measured_at": AT, "energy_kwh": [1]}, "'energy_kwh' is [1], which is not a number."),
        (
            {"measured_at": 1767592800, "energy_kwh": 1},
            "'measured_at' is 1767592800, which is not an instant.",
        ),
        ({"measured_at": "soon", "energy_kwh": 1}, "'measured_at' is 'soon', which is not an instant."),
        ({"measured_at": None, "energy_kwh": 1}, "'measured_at' is None, which is not an instant."),
        (
            {"measured_at": "2026-01-05T06:00:00", "energy_kwh": 1},
            "'measured_at' is 2026-01-05T06:00:00, without a zone; write it in UTC, with a Z.",
        ),
        (
            {"measured_at": AT, "energy_kwh": 1, "energy_wh": 1000},
            "'energy_wh' says again what another field has said.",
        ),
        (
            {"measured_at": AT, "energy_kwh": 1, "status": 7},
            "'status' is 7, which is not a text of at most 1000 characters.",
        ),
        (
            {"measured_at": AT, "energy_kwh": 1, "id": 58496405},
            "'id' is 58496405, which is not a text of at most 32 characters.",
        ),
    ],
)
def test_a_reading_that_is_malformed(payload: Any, detail: str) -> None:  # noqa: ANN401 - JSON
    assert fault("reading", payload) == Fault(Reason.MALFORMED, detail)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"energy_kwh": -1}, "'energy_kwh' is -1, outside of 0 to 1e+11, and cannot be true."),
        ({"energy_kwh": 1.8e21}, "'energy_kwh' is 1.8e+21, outside of 0 to 1e+11, and cannot be true."),
        (
            {"energy_kwh": 1, "power_kw": 8000001},
            "'power_kw' is 8000001, outside of -1e+06 to 1e+06, and cannot be true.",
        ),
        (
            {"energy_kwh": 1, "supply_c": 6553.5},
            "'supply_c' is 6553.5, outside of -40 to 250, and cannot be true.",
        ),
    ],
)
def test_a_reading_that_cannot_be_true(fields: dict[str, float], detail: str) -> None:
    assert fault("reading", {"measured_at": AT, **fields}) == Fault(Reason.IMPLAUSIBLE, detail)


def test_a_clock_may_run_five_minutes_ahead_and_no_more() -> None:
    for ahead, count in ((timedelta(minutes=5), 1), (timedelta(minutes=5, microseconds=1), 0)):
        at = (RECEIVED + ahead).isoformat()
        assert (
            len(
                decode(
                    "reading", orjson.dumps({"measured_at": at, "energy_kwh": 1}), received_at=RECEIVED
                ).records
            )
            == count
        )
    found = fault("reading", {"measured_at": "2026-01-05T06:05:31Z", "energy_kwh": 1})
    assert found.reason == Reason.IMPLAUSIBLE
    assert "in the future of its arrival at 2026-01-05T06:00:30+00:00" in found.detail


def test_a_clock_that_stopped_in_the_last_century_is_noticed() -> None:
    found = fault("reading", {"measured_at": "1999-11-30T00:00:00Z", "energy_kwh": 1})
    assert found == Fault(
        Reason.IMPLAUSIBLE, "'measured_at' is 1999-11-30T00:00:00Z, before the year 2000: a stopped clock."
    )


def test_an_instant_with_another_offset_is_the_same_instant() -> None:
    payload = orjson.dumps({"measured_at": "2026-01-05T14:00:00+08:00", "energy_kwh": 1})
    (record,) = decode("reading", payload, received_at=RECEIVED).records
    assert isinstance(record, MeterRecord)
    assert (record.measured_at, record.measured_at.tzinfo) == (MEASURED, UTC)


@pytest.mark.parametrize(
    "payload", [{"timestamp": AT, "meter": "iperl", "total_m3": 1}, {"timestamp": AT}, {}]
)
def test_a_format_that_is_not_registered(payload: dict[str, Any]) -> None:
    assert fault("reading", payload).reason == Reason.UNKNOWN_FORMAT


def test_fields_that_are_null_are_absent() -> None:
    payload = orjson.dumps(
        {"measured_at": AT, "energy_kwh": None, "volume_m3": 1, "power_kw": None, "id": None}
    )
    (record,) = decode("reading", payload, received_at=RECEIVED).records
    assert isinstance(record, MeterRecord)
    assert (record.energy_wh, record.volume_l, record.power_w, record.serial, record.raw) == (
        None,
        1000,
        None,
        "",
        None,
    )


def test_a_good_entry_beside_a_bad_one_is_read() -> None:
    payload = orjson.dumps([{"measured_at": AT, "energy_kwh": 1}, 7, {"measured_at": AT, "energy_kwh": 2}])
    decoded = decode("reading", payload, received_at=RECEIVED)
    assert [record.energy_wh for record in decoded.records if isinstance(record, MeterRecord)] == [1000, 2000]
    assert decoded.faults == [Fault(Reason.MALFORMED, "Entry 2 of 3: It is not a JSON object.")]


def test_an_entry_nested_too_deep_to_be_kept_is_refused() -> None:
    depth = 400
    payload = b'{"measured_at": "%b", "energy_kwh": 1, "x": %b1%b}' % (
        AT.encode(),
        b"[" * depth,
        b"]" * depth,
    )
    assert fault("reading", payload).detail.startswith("The entry cannot be kept: ")


def test_room_temperatures_are_read() -> None:
    entries = [
        {"measured_at": AT, "temperature_c": 21, "humidity_pct": 40},
        {"measured_at": AT, "temperature_c": 19.5, "id": "S1"},
    ]
    assert decode("temperature", orjson.dumps(entries), received_at=RECEIVED).records == [
        TemperatureRecord("", MEASURED, 21.0, 40.0),
        TemperatureRecord("S1", MEASURED, 19.5, None),
    ]


@pytest.mark.parametrize(
    ("entry", "detail"),
    [
        ({"measured_at": AT}, "'temperature_c' is None, which is not a number."),
        (
            {"measured_at": AT, "temperature_c": -39.9 - 0.2},
            "'temperature_c' is -40.1, outside of -40 to 80, and cannot be true.",
        ),
        (
            {"measured_at": AT, "temperature_c": 21, "humidity_pct": 101},
            "'humidity_pct' is 101, outside of 0 to 100, and cannot be true.",
        ),
        ({"temperature_c": 21}, "'measured_at' is None, which is not an instant."),
    ],
)
def test_a_room_temperature_that_is_none(entry: dict[str, Any], detail: str) -> None:
    found = fault("temperature", entry)
    assert (
        found.detail.replace("which is not a text of at most 40 characters", "which is not an instant")
        == detail
    )


def test_plant_signals_are_read_one_by_one() -> None:
    payload = orjson.dumps({"measured_at": AT, "points": {"secondary_supply_c": 47.2, "pump_hz": 38}})
    assert decode("telemetry", payload, received_at=RECEIVED).records == [
        TelemetryRecord("secondary_supply_c", MEASURED, 47.2),
        TelemetryRecord("pump_hz", MEASURED, 38.0),
    ]


@pytest.mark.parametrize("points", [None, {}, [], 7])
def test_telemetry_without_signals_is_malformed(points: Any) -> None:  # noqa: ANN401 - JSON
    found = fault("telemetry", {"measured_at": AT, "points": points})
    assert found == Fault(Reason.MALFORMED, "'points' is not an object with at least one signal.")


def test_coming_and_going_is_read() -> None:
    assert decode("status", b'{"online": true, "at": "%b"}' % AT.encode(), received_at=RECEIVED).records == [
        StatusRecord(True, MEASURED)
    ]
    assert fault("status", {"online": 1, "at": AT}).detail == "'online' is neither true nor false."
