"""A golden telegram for every meter model: the JSON its driver prints, and what it means.

The telegrams are those of the drivers' own tests, with an instant in place of their placeholder.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from metering.decoders import MeterRecord, decode
from metering.decoders.drivers import ALIASES, DRIVERS
from metering.decoders.formats import WMBUSMETERS
from metering.enums import Quality

AT = datetime(2026, 1, 5, 6, 0, 3, tzinfo=UTC)
TIMESTAMP = {"_": "telegram", "media": "heat", "timestamp": "2026-01-05T06:00:03Z"}


class Golden(NamedTuple):
    """What a telegram says, and what is kept of it beside the canonical fields."""

    telegram: dict[str, Any]
    serial: str
    energy_wh: int
    volume_l: int | None = None
    power_w: float | None = None
    flow_l_h: float | None = None
    supply_c: float | None = None
    return_c: float | None = None
    status: str = ""
    quality: Quality = Quality.MEASURED
    raw: dict[str, Any] | None = None


GOLDEN = {
    "sharky774": Golden(
        {
            "meter": "sharky774",
            "name": "Heato",
            "id": "58496405",
            "total_energy_consumption_kwh": 6884,
            "total_volume_m3": 645.319,
            "volume_flow_m3h": 0.004,
            "power_kw": 0.111,
            "flow_temperature_c": 51.7,
            "return_temperature_c": 27.6,
            "operating_time_in_error_h": 0,
            "energy_at_set_date_kwh": 6347,
            "set_date": "2021-05-31",
        },
        "58496405",
        6_884_000,
        645_319,
        111.0,
        4.0,
        51.7,
        27.6,
        raw={
            "name": "Heato",
            "operating_time_in_error_h": 0,
            "energy_at_set_date_kwh": 6347,
            "set_date": "2021-05-31",
        },
    ),
    # Water that runs back: negative power, the return a little warmer. Strange, and legal.
    "sharky774, backwards": Golden(
        {
            "meter": "sharky774",
            "id": "52173898",
            "total_energy_consumption_kwh": 45110,
            "total_volume_m3": 2359.98,
            "power_kw": -0.022,
            "flow_temperature_c": 27.1,
            "return_temperature_c": 27.2,
        },
        "52173898",
        45_110_000,
        2_359_980,
        -22.0,
        None,
        27.1,
        27.2,
    ),
    # A meter that counts joules: its kilowatt-hours have no end, so the digits are kept beside the integer.
    "sharky774, joules": Golden(
        {
            "meter": "sharky774",
            "id": "81052818",
            "total_energy_consumption_kwh": 5366.111111,
            "total_volume_m3": 553.942,
            "power_kw": 0,
            "volume_flow_m3h": 0,
            "flow_temperature_c": 32.3,
            "return_temperature_c": 31.8,
        },
        "81052818",
        5_366_111,
        553_942,
        0.0,
        0.0,
        32.3,
        31.8,
        raw={"total_energy_consumption_kwh": 5366.111111},
    ),
    "kamheat": Golden(
        {
            "media": "heat volume at inlet",
            "meter": "kamheat",
            "id": "66666666",
            "on_time_h": 6886,
            "status": "OK",
            "total_energy_consumption_kwh": 7173,
            "total_volume_m3": 268.71,
            "volume_flow_m3h": 0.071,
            "power_kw": 2.2,
            "max_power_kw": 12.4,
            "t1_temperature_c": 52.29,
            "t2_temperature_c": 23.01,
            "forward_energy_m3c": 15673,
        },
        "66666666",
        7_173_000,
        268_710,
        2200.0,
        71.0,
        52.29,
        23.01,
        "OK",
        raw={
            "media": "heat volume at inlet",
            "on_time_h": 6886,
            "max_power_kw": 12.4,
            "forward_energy_m3c": 15673,
        },
    ),
    # Configured to print gigajoules: 18.44 GJ are 5122.222... kWh.
    "kamheat, gigajoules": Golden(
        {"meter": "kamheat", "id": "07331000", "total_energy_consumption_gj": 18.44},
        "07331000",
        5_122_222,
        raw={"total_energy_consumption_gj": 18.44},
    ),
    "ultraheat": Golden(
        {
            "meter": "ultraheat",
            "meter_datetime": "2023-05-20 10:08:12",
            "id": "71635605",
            "heat_kwh": 24277,
            "volume_m3": 5695.39,
            "power_kw": -0.2,
            "flow_m3h": 1.83,
            "flow_c": 35.1,
            "return_c": 35.2,
            "status": "UNKNOWN_20",
        },
        "71635605",
        24_277_000,
        5_695_390,
        -200.0,
        1830.0,
        35.1,
        35.2,
        "UNKNOWN_20",
        raw={"meter_datetime": "2023-05-20 10:08:12"},
    ),
    "sensostar": Golden(
        {
            "meter": "sensostar",
            "id": "20480057",
            "total_kwh": 0,
            "power_kw": 0,
            "power_max_kw": 0,
            "flow_water_m3h": -0.009,
            "forward_c": 20,
            "return_c": 21,
            "difference_c": -0.38,
            "total_water_m3": 0,
            "status": "ERROR_FLOW_MEASUREMENT_SYSTEM_ERROR TEMPORARY_ERROR",
        },
        "20480057",
        0,
        0,
        0.0,
        -9.0,
        20.0,
        21.0,
        "ERROR_FLOW_MEASUREMENT_SYSTEM_ERROR TEMPORARY_ERROR",
        Quality.SUSPECT,
        raw={"power_max_kw": 0, "difference_c": -0.38},
    ),
    "supercal": Golden(
        {
            "meter": "supercal",
            "id": "89508019",
            "total_kwh": 296,
            "total_m3": 44.26,
            "power_kw": 3.14,
            "volume_flow_m3h": 0.285,
            "flow_temperature_c": 40.67,
            "return_temperature_c": 31.14,
            "target_date": "2127-01-01",
            "target_kwh": 0,
        },
        "89508019",
        296_000,
        44_260,
        3140.0,
        285.0,
        40.67,
        31.14,
        raw={"target_date": "2127-01-01", "target_kwh": 0},
    ),
    "enercal": Golden(
        {
            "meter": "enercal",
            "id": "00309924",
            "status": "OK",
            "total_kwh": 411265,
            "total_m3": 35354.96,
            "power_kw": 0,
            "flow_m3h": 0,
            "forward_c": 38,
            "return_c": 34,
            "subunit1_m3": 25477.5,
        },
        "00309924",
        411_265_000,
        35_354_960,
        0.0,
        0.0,
        38.0,
        34.0,
        "OK",
        raw={"subunit1_m3": 25477.5},
    ),
    "qheat_55_us": Golden(
        {
            "meter": "qheat_55_us",
            "id": "70835484",
            "total_energy_consumption_kwh": 9205,
            "key_date": "2021-12-31 23:59",
            "prev_1_month_kwh": 9005,
        },
        "70835484",
        9_205_000,
        raw={"key_date": "2021-12-31 23:59", "prev_1_month_kwh": 9005},
    ),
    "compact5": Golden(
        {"meter": "compact5", "id": "62626262", "current_kwh": 120, "previous_kwh": 375, "total_kwh": 495},
        "62626262",
        495_000,
        raw={"current_kwh": 120, "previous_kwh": 375},
    ),
    "hydrocalm3": Golden(
        {
            "media": "heat/cooling load",
            "meter": "hydrocalm3",
            "id": "71727374",
            "status": "SABOTAGE_ENCLOSURE",
            "total_heating_kwh": 4460.833333,
            "total_heating_m3": 479.967,
            "total_cooling_kwh": 0,
            "supply_temperature_c": 21.8,
            "return_temperature_c": 21.1,
        },
        "71727374",
        4_460_833,
        479_967,
        None,
        None,
        21.8,
        21.1,
        "SABOTAGE_ENCLOSURE",
        raw={"media": "heat/cooling load", "total_heating_kwh": 4460.833333, "total_cooling_kwh": 0},
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_telegram_means_what_it_says(name: str) -> None:
    golden = GOLDEN[name]
    decoded = decode("reading", orjson.dumps({**TIMESTAMP, **golden.telegram}), received_at=AT)
    assert decoded.faults == []
    (record,) = decoded.records
    assert isinstance(record, MeterRecord)
    assert record[:10] == (golden.serial, AT, *golden[2:-1])
    kept = orjson.loads(record.raw or b"{}")
    assert kept == {"_": "telegram", "media": "heat", "meter": golden.telegram["meter"], **(golden.raw or {})}


def test_every_registered_driver_has_its_golden_telegram() -> None:
    telegrams = orjson.loads((Path(__file__).parent / "golden" / "wmbusmeters.json").read_bytes())[
        "telegrams"
    ]
    payloads = [golden.telegram for golden in GOLDEN.values()] + [golden["payload"] for golden in telegrams]
    named = {payload.get("meter", payload.get("driver")) for payload in payloads}
    assert {ALIASES.get(name, name) for name in named} == set(DRIVERS)
    assert set(WMBUSMETERS) == set(DRIVERS) | set(ALIASES)


def test_every_heat_driver_of_the_project_is_known_but_the_one_without_a_register_of_now() -> None:
    # Those whose meter type is HeatMeter or HeatCoolingMeter among the built-in drivers of 2026, and beside
    # them axis, and qheat of the years before.
    theirs = {
        *("axis", "c5isf", "compact5", "dmesharky", "dmesharky775", "elf", "elf2", "enercal", "hydrocalm3"),
        *("hydrocalm4", "istaheat", "itronheat", "kamheat", "microclima", "pollucomf", "qheat", "qheat5us"),
        *("qheat_55_us", "qheatv2", "qualcosonic", "sensostar", "sharky", "sharky774", "supercal"),
        *("ultraheat", "vario411", "vario451", "vario451mid"),
    }
    assert theirs - set(DRIVERS) == {"vario411"}
    assert set(DRIVERS) <= theirs


def test_the_native_form_of_the_contract() -> None:
    payload = (
        b'{"measured_at": "2026-01-05T06:00:00Z", "energy_kwh": 6884.0, "volume_m3": 645.319,'
        b' "power_kw": 0.111, "flow_m3_h": 0.004, "supply_c": 51.7, "return_c": 27.6, "status": "OK"}'
    )
    assert decode("reading", payload, received_at=AT).records == [
        MeterRecord(
            serial="",
            measured_at=datetime(2026, 1, 5, 6, tzinfo=UTC),
            energy_wh=6_884_000,
            volume_l=645_319,
            power_w=111.0,
            flow_l_h=4.0,
            supply_c=51.7,
            return_c=27.6,
            status="OK",
            quality=Quality.MEASURED,
            raw=None,
        )
    ]
