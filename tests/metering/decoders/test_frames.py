"""Frames, strictly: what is wrong with one is said, and what a meter does not know is no value."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pytest

from metering.decoders import Decoded, MeterRecord, decode
from metering.decoders.cjt188 import LAYOUTS
from metering.enums import Quality, Reason
from tests.metering.decoders.telegrams import cjt188_frame, mbus_clock, mbus_frame

RECEIVED = datetime(2026, 1, 5, 6, 0, 30, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")
STOCKHOLM = ZoneInfo("Europe/Stockholm")
CLOCK = mbus_clock(datetime(2026, 1, 5, 14))  # noqa: DTZ001 - a meter's clock has no zone
ENERGY = "0406E8030000"


def read(frame: bytes, zone: ZoneInfo = BEIJING) -> Decoded:
    return decode("reading", frame, RECEIVED, zone=zone)


def one(frame: bytes, zone: ZoneInfo = BEIJING) -> MeterRecord:
    (record,) = read(frame, zone).records
    assert isinstance(record, MeterRecord)
    return record


def test_bytes_hexadecimal_and_base64_text_say_the_same() -> None:
    frame = mbus_frame(CLOCK + ENERGY)
    forms = [frame, frame.hex().encode(), base64.b64encode(frame), orjson.dumps([frame.hex()])]
    assert {one(form) for form in forms} == {one(b"\xfe\xfe" + frame)}


def test_the_senders_instant_goes_over_the_meters_clock() -> None:
    entry = {"measured_at": "2026-01-05T05:59:00Z", "frame": mbus_frame(CLOCK + ENERGY).hex()}
    assert one(orjson.dumps(entry)).measured_at == datetime(2026, 1, 5, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frame", "reason", "detail"),
    [
        (mbus_frame(CLOCK + ENERGY)[:-2] + b"\x00\x16", Reason.MALFORMED, "The checksum of the M-Bus frame"),
        (mbus_frame(ENERGY), Reason.MALFORMED, "The M-Bus telegram has no clock"),
        (mbus_frame(CLOCK), Reason.MALFORMED, "There is no usable register"),
        (mbus_frame(CLOCK + "0406E803"), Reason.MALFORMED, "The M-Bus telegram ends in the middle"),
        (
            mbus_frame(CLOCK + ENERGY, configuration=0x0500),
            Reason.UNKNOWN_FORMAT,
            "The M-Bus telegram is enc",
        ),
        (mbus_frame(CLOCK + ENERGY, medium=0x07), Reason.UNKNOWN_FORMAT, "The M-Bus device is of type 0x07"),
        (b"680000", Reason.UNKNOWN_FORMAT, "The telegram is neither an M-Bus long frame nor a CJ/T 188"),
        (b"68z!", Reason.MALFORMED, "The telegram is neither hexadecimal nor base64"),
    ],
)
def test_a_frame_that_cannot_be_read(frame: bytes, reason: Reason, detail: str) -> None:
    decoded = read(frame)
    assert decoded.records == []
    (fault,) = decoded.faults
    assert (fault.reason, fault.detail[: len(detail)]) == (reason, detail)


def test_a_local_clock_needs_the_utilitys_zone() -> None:
    (fault,) = decode("reading", mbus_frame(CLOCK + ENERGY), RECEIVED).faults
    assert fault.detail.endswith("a local clock, and the utility's zone is unknown.")


@pytest.mark.parametrize(
    ("local", "received", "expected"),
    [
        # The clocks go back at 01:00 UTC: half past two comes twice, half an hour after each whole hour.
        (datetime(2025, 10, 26, 2, 30), datetime(2025, 10, 26, 0, 31), datetime(2025, 10, 26, 0, 30)),  # noqa: DTZ001 - a local clock
        (datetime(2025, 10, 26, 2, 30), datetime(2025, 10, 26, 1, 31), datetime(2025, 10, 26, 1, 30)),  # noqa: DTZ001 - a local clock
    ],
)
def test_an_hour_that_comes_twice_is_the_later_that_had_come(
    local: datetime, received: datetime, expected: datetime
) -> None:
    frame = mbus_frame(mbus_clock(local) + ENERGY)
    (record,) = decode("reading", frame, received.replace(tzinfo=UTC), zone=STOCKHOLM).records
    assert isinstance(record, MeterRecord)
    assert record.measured_at == expected.replace(tzinfo=UTC)


def test_an_hour_that_clocks_leave_out_is_refused() -> None:
    frame = mbus_frame(mbus_clock(datetime(2025, 3, 30, 2, 30)) + ENERGY)  # noqa: DTZ001 - a meter's clock
    (fault,) = read(frame, STOCKHOLM).faults
    assert fault.reason == Reason.IMPLAUSIBLE


def test_numbers_that_are_none_are_no_values() -> None:
    record = one(mbus_frame(CLOCK + ENERGY + "025D0080" + "0A5AFFFF" + "0B3BAAAAAA"))
    assert (record.energy_wh, record.return_c, record.supply_c, record.flow_l_h) == (
        1_000_000,
        None,
        None,
        None,
    )
    assert record.quality == Quality.MEASURED


def test_a_negative_decimal_is_negative_and_a_negative_register_none() -> None:
    record = one(mbus_frame(CLOCK + "0C06990000F0" + "0C1401000000" + "0B2D9900F0"))
    assert (record.energy_wh, record.volume_l) == (None, 10)
    assert record.power_w == -9900.0
    assert record.quality == Quality.SUSPECT


def test_a_broken_gauge_leaves_the_register_beside_it_usable() -> None:
    record = one(mbus_frame(CLOCK + ENERGY + "025BFF7F" + "025D4C0B"))
    assert (record.energy_wh, record.supply_c, record.return_c) == (1_000_000, None, 28.92)
    assert (record.quality, record.status) == (Quality.MEASURED, "OK")
    assert {"head": "025B", "data": "FF7F", "name": "supply_c", "value": "32767"} in orjson.loads(
        record.raw or b""
    )["blocks"]
    local = datetime(2026, 1, 5, 14)  # noqa: DTZ001 - a meter's clock has no zone
    record = one(cjt188_frame(heat=(12_345, 0x05), at=local, supply=655_35))
    assert (record.energy_wh, record.supply_c, record.return_c) == (123_450, None, 38.01)
    assert record.quality == Quality.MEASURED
    kept = orjson.loads(record.raw or b"")["fields"]
    assert [field["data"] for field in kept if field["name"].startswith("supply")] == ["355506"]


def test_history_is_kept_with_what_it_means() -> None:
    record = one(mbus_frame(CLOCK + ENERGY + "4406D0070000" + "426C1F3C" + "426CFFFF" + "1F010203"))
    blocks = orjson.loads(record.raw or b"")["blocks"]
    assert [block for block in blocks if block["head"] != "046D"] == [
        {"head": "4406", "data": "D0070000", "storage": 1, "name": "energy_wh", "value": "2000000"},
        {"head": "426C", "data": "1F3C", "storage": 1, "name": "date", "value": "2024-12-31"},
        {"head": "426C", "data": "FFFF", "storage": 1, "name": "date"},
        {"head": "1F", "data": "010203"},
    ]


def test_where_a_register_starts_again_travels_with_it() -> None:
    local = datetime(2026, 1, 5, 14)  # noqa: DTZ001 - a meter's clock has no zone
    kept = orjson.loads(one(cjt188_frame(heat=(99_999_999, 0x05), at=local)).raw or b"")
    assert kept["modulus"] == {"energy_wh": 1_000_000_000, "volume_l": 1_000_000_000}
    kept = orjson.loads(one(mbus_frame(CLOCK + "0C0699999999")).raw or b"")
    assert kept["modulus"] == {"energy_wh": 100_000_000_000}


def test_every_layout_of_the_meters_in_china_has_a_length_of_its_own() -> None:
    # The length is all that tells them apart: two of one length would be one of them.
    assert {length for identifier, length in LAYOUTS if identifier == 0x901F} == {40, 41, 42, 43}
    assert {length for identifier, length in LAYOUTS if identifier == 0x911F} == {54, 55, 57, 59}


def test_a_frame_that_is_no_heat_meters_is_refused() -> None:
    local = datetime(2026, 1, 5, 14)  # noqa: DTZ001 - a meter's clock has no zone
    (fault,) = read(cjt188_frame(heat=(1, 5), at=local, meter_type=0x10)).faults
    assert fault.reason == Reason.UNKNOWN_FORMAT
