"""The same migrations and the same reading path on TimescaleDB: hypertables, compression, retention."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import Settings

from accounts.models import Household
from config.settings import engine
from metering.models import (
    MeterConsumption,
    PlaceConsumption,
    Reading,
    ReadingFlag,
    StorageRules,
    WatchedMeter,
)
from metering.operations.batch import store_batch
from metering.operations.consumption import cut_consumption
from metering.operations.policies import apply_policies
from metering.operations.retention import Pruned, prune
from metering.operations.tables import MANY
from metering.operations.validation import validate_readings
from metering.queries.latest import latest_readings
from metering.queries.registry import Registry
from tests.metering.factories import NOON, a_controller, a_message, a_meter, a_room_sensor, native

pytestmark = pytest.mark.timescale

HOUR: Final = timedelta(hours=1)
HYPERTABLES: Final = (
    *("metering_meterconsumption", "metering_reading", "metering_roomtemperature"),
    "metering_telemetryvalue",
)


def _rows(connection: BaseDatabaseWrapper, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_the_engine_is_found_by_asking_the_server(timescale: BaseDatabaseWrapper) -> None:
    assert timescale.settings_dict["ENGINE"] == engine.TIMESCALE


def test_what_was_measured_lives_in_compressed_hypertables(timescale: BaseDatabaseWrapper) -> None:
    found = _rows(
        timescale,
        "SELECT hypertable_name, compression_enabled FROM timescaledb_information.hypertables ORDER BY 1",
    )

    assert found == [(table, True) for table in HYPERTABLES]


def test_every_hypertable_is_compressed_by_policy_and_only_consumption_dropped_by_one(
    timescale: BaseDatabaseWrapper,
) -> None:
    jobs = _rows(
        timescale,
        "SELECT hypertable_name, proc_name FROM timescaledb_information.jobs"
        " WHERE hypertable_name IS NOT NULL ORDER BY 1, 2",
    )

    compressed = [(table, "policy_compression") for table in HYPERTABLES]
    assert jobs == sorted([*compressed, ("metering_meterconsumption", "policy_retention")])


def test_compression_follows_the_longest_time_a_utility_asked_for(
    timescale: BaseDatabaseWrapper,
    home: Household,  # noqa: ARG001 - its utility is in scope
) -> None:
    assert apply_policies() == []  # as the migrations left them
    StorageRules.objects.create(compress_after_days=45)

    assert apply_policies(chunk_days=14) == [
        "metering_reading",
        "metering_roomtemperature",
        "metering_telemetryvalue",
    ]
    assert apply_policies() == []
    assert _rows(
        timescale,
        "SELECT DISTINCT (config->>'compress_after')::interval FROM timescaledb_information.jobs"
        " WHERE proc_name = 'policy_compression' AND hypertable_name <> 'metering_meterconsumption'",
    ) == [(timedelta(days=45),)]
    assert _rows(
        timescale,
        "SELECT time_interval FROM timescaledb_information.dimensions"
        " WHERE hypertable_name = 'metering_reading'",
    ) == [(timedelta(days=14),)]
    StorageRules.objects.all().delete()
    apply_policies(chunk_days=7)


def test_old_readings_are_deleted_out_of_compressed_chunks(
    timescale: BaseDatabaseWrapper, home: Household
) -> None:
    StorageRules.objects.create(readings_days=1098)
    long_ago = NOON - timedelta(days=1200)
    meter = a_meter(household=home, starts_at=long_ago)
    said = [
        a_message(device=meter, payload=native(measured_at=long_ago + n * HOUR, energy_kwh=1000 + n))
        for n in range(48)
    ]
    store_batch(messages=said, registry=Registry())
    cut_consumption(at=NOON)
    assert _compress(timescale) > 0
    before = list(MeterConsumption.objects.values_list("starts_at", "energy_wh"))

    assert prune(at=NOON, kept_of=lambda _homes: []) == Pruned(readings=47)

    assert Reading.objects.get(device=meter).measured_at == long_ago + 47 * HOUR
    assert list(MeterConsumption.objects.values_list("starts_at", "energy_wh")) == before


def test_a_reading_keeps_its_natural_key(timescale: BaseDatabaseWrapper) -> None:
    key = _rows(
        timescale,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'metering_reading'::regclass AND contype = 'p'",
    )

    assert key == [("PRIMARY KEY (device_id, measured_at)",)]


def _compress(connection: BaseDatabaseWrapper) -> int:
    """Compress every chunk of the readings, as the policy does once they are old enough."""
    compressed = _rows(
        connection,
        "SELECT compress_chunk(chunk, if_not_compressed => TRUE) FROM show_chunks('metering_reading') chunk",
    )
    return len(compressed)


def test_a_message_delivered_twice_is_one_row(home: Household) -> None:
    message = a_message(device=a_meter(household=home), payload=native())

    first, again = (store_batch(messages=[message, message], registry=Registry()) for _ in range(2))

    assert (first.stored, first.duplicates) == (1, 1)
    assert (again.stored, again.duplicates) == (0, 2)
    assert Reading.objects.count() == 1


def test_every_kind_of_measurement_is_stored(home: Household) -> None:
    meter, sensor = a_meter(household=home), a_room_sensor(household=home)
    controller = a_controller(substation=home.building.substation)
    at = NOON.isoformat()
    messages = [
        a_message(device=meter, payload=native(vendor={"rssi": -71})),
        a_message(device=sensor, payload={"measured_at": at, "temperature_c": 21.4}, channel="temperature"),
        a_message(
            device=controller, payload={"measured_at": at, "points": {"outdoor_c": -3.5}}, channel="telemetry"
        ),
        a_message(device=controller, payload={"online": True, "at": at}, channel="status"),
    ]

    outcome = store_batch(messages=messages, registry=Registry())

    assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (4, 0, 0)


def test_a_late_reading_lands_in_a_compressed_chunk_and_a_repeated_one_does_not(
    timescale: BaseDatabaseWrapper, home: Household
) -> None:
    meter, registry = a_meter(household=home), Registry()
    known = a_message(device=meter, payload=native())
    store_batch(messages=[known], registry=registry)
    assert _compress(timescale) > 0
    late = a_message(device=meter, payload=native(measured_at=NOON - timedelta(minutes=5), energy_kwh=6883.9))

    outcome = store_batch(messages=[known, late], registry=registry)

    assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (1, 1, 0)
    kept = Reading.objects.filter(device=meter).order_by("measured_at")
    assert list(kept.values_list("energy_wh", flat=True)) == [6_883_900, 6_884_000]


def test_late_rows_of_a_backlog_land_in_a_compressed_chunk(
    timescale: BaseDatabaseWrapper, home: Household, settings: Settings
) -> None:
    # Staging by COPY brings the WASM server down.
    settings.DATABASE_COPY = False
    meter, registry = a_meter(household=home), Registry()
    said = [
        a_message(device=meter, payload=native(measured_at=NOON - timedelta(minutes=n), energy_kwh=7000 - n))
        for n in range(2 * MANY)
    ]
    store_batch(messages=said[::2], registry=registry)
    assert _compress(timescale) > 0

    outcome = store_batch(messages=said, registry=registry)

    assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (MANY, MANY, 0)
    assert Reading.objects.filter(device=meter).count() == 2 * MANY


def test_a_reading_without_a_register_is_refused(home: Household) -> None:
    meter = a_meter(household=home)

    with pytest.raises(IntegrityError, match="metering_reading_has_a_register"), transaction.atomic():
        Reading.objects.create(device=meter, measured_at=NOON, received_at=NOON)

    assert Reading.objects.filter(device=meter).count() == 0


def test_the_newest_reading_of_a_home_is_found(home: Household) -> None:
    meter = a_meter(household=home)
    later = native(measured_at=NOON + timedelta(hours=1), energy_kwh=6884.5)
    messages = [a_message(device=meter, payload=[native(), later], received_at=NOON + timedelta(hours=1))]
    store_batch(messages=messages, registry=Registry())

    assert {number: reading.energy_wh for number, reading in latest_readings([home.pk]).items()} == {
        home.pk: 6_884_500
    }


def test_consumption_is_cut_here_too_and_a_late_reading_reopens_a_compressed_chunk(
    timescale: BaseDatabaseWrapper, home: Household
) -> None:
    meter, registry = a_meter(household=home), Registry()
    start = NOON - timedelta(days=40)
    hours = [start + timedelta(hours=n) for n in range(50) if n not in {20, 21, 22}]
    said = [
        a_message(device=meter, payload=native(measured_at=at, energy_kwh=1000 + (at - start) / HOUR))
        for at in hours
    ]
    store_batch(messages=said, registry=registry)
    first = cut_consumption(at=NOON)
    assert first.rows == 49 + 2  # the hours, the day it began on and the one after
    assert _compress(timescale) > 0
    _rows(
        timescale,
        "SELECT compress_chunk(chunk, if_not_compressed => TRUE)"
        " FROM show_chunks('metering_meterconsumption') chunk",
    )

    late = a_message(device=meter, payload=native(measured_at=start + timedelta(hours=21), energy_kwh=1022.5))
    store_batch(messages=[late], registry=registry)
    again = cut_consumption(at=NOON)

    assert again.marks == 1
    energy_wh = {
        (row.starts_at - start) / HOUR: row.energy_wh
        for row in MeterConsumption.objects.filter(device=meter, resolution="hour")
    }
    assert [energy_wh[n] for n in (18, 19, 20, 21, 22, 23)] == [1000, 1750, 1750, 250, 250, 1000]
    assert sum(energy_wh.values()) == 49_000
    days = MeterConsumption.objects.filter(device=meter, resolution="day")
    homes = PlaceConsumption.objects.filter(place_sum="building_homes", resolution="day")
    assert {row.starts_at: row.energy_wh for row in homes} == {row.starts_at: row.energy_wh for row in days}


def test_readings_are_validated_here_too_and_a_late_one_is_judged_in_a_compressed_chunk(
    timescale: BaseDatabaseWrapper, home: Household
) -> None:
    meter, registry = a_meter(household=home), Registry()
    start = NOON - timedelta(days=40)

    def say(energy_kwh: dict[int, int], *, received_at: datetime) -> None:
        payload = [native(measured_at=start + n * HOUR, energy_kwh=kwh) for n, kwh in energy_kwh.items()]
        store_batch(
            messages=[a_message(device=meter, payload=payload, received_at=received_at)], registry=registry
        )

    def standing() -> list[tuple[float, str]]:
        rows = ReadingFlag.objects.filter(device=meter, withdrawn_at=None).order_by("measured_at", "finding")
        return [((row.measured_at - start) / HOUR, row.finding) for row in rows]

    say({0: 1000, 1: 1005, 2: 0}, received_at=start + 2 * HOUR)
    validate_readings(at=start + 2 * HOUR)
    assert standing() == [(2, "decrease")]
    assert WatchedMeter.objects.filter(device=meter).exists()
    assert _compress(timescale) > 0

    say({3: 1015}, received_at=start + 3 * HOUR)
    validate_readings(at=start + 3 * HOUR)

    assert standing() == [(2, "dip")]
