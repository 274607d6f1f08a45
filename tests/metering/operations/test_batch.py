"""What becomes of a batch: rows or quarantine, once in effect, and the balance holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Household, Utility
from accounts.scope import utility_scope
from metering.enums import Finding, QuarantineState, Reason
from metering.models import (
    Connectivity,
    QuarantinedMessage,
    Reading,
    ReadingFlag,
    RoomTemperature,
    TelemetryValue,
    UnbalancedBatch,
    ValidationRequest,
)
from metering.operations.batch import BatchOutcome, note_imbalance, store_batch
from metering.operations.sorting import Message
from metering.operations.validation import validate_readings
from metering.queries.balance import unaccounted, unbalanced_batches
from metering.queries.registry import Registry
from tests.factories import a_household, a_substation, a_utility
from tests.metering.factories import (
    NOON,
    a_controller,
    a_device,
    a_gateway,
    a_message,
    a_meter,
    a_room_sensor,
    native,
)

HOUR = timedelta(hours=1)


def store(*messages: Message, registry: Registry | None = None) -> BatchOutcome:
    """Store messages, and see that none was lost between the counters."""
    outcome = store_batch(messages=messages, registry=registry or Registry())
    assert outcome.records == outcome.stored + outcome.duplicates + outcome.quarantined
    return outcome


def test_a_native_reading_is_stored_in_whole_units(household: Household) -> None:
    meter = a_meter(household=household)
    fields: dict[str, Any] = {
        "volume_m3": 645.319,
        "power_kw": 0.111,
        "flow_m3_h": 0.004,
        "supply_c": 51.7,
        "return_c": 27.6,
    }
    store(a_message(device=meter, payload=native(**fields, status="OK", vendor={"rssi": -71})))
    reading = Reading.objects.get()
    assert (reading.device, reading.measured_at, reading.carrier) == (meter, NOON, meter)
    assert (reading.energy_wh, reading.volume_l) == (6_884_000, 645_319)
    assert (reading.power_w, reading.flow_l_h, reading.supply_c, reading.return_c) == (111.0, 4.0, 51.7, 27.6)
    assert (reading.status, reading.quality, reading.raw) == ("OK", "measured", {"vendor": {"rssi": -71}})


def test_a_message_delivered_twice_is_stored_once(household: Household) -> None:
    message = a_message(device=a_meter(household=household), payload=native())
    assert store(message).stored == 1
    again = store(message, message)
    assert (again.stored, again.duplicates, again.quarantined) == (0, 2, 0)
    assert Reading.objects.count() == 1


def test_what_waited_for_the_database_is_validated_although_the_run_has_passed_it(
    household: Household,
) -> None:
    meter = a_meter(household=household)
    validate_readings(at=NOON + timedelta(hours=1))
    messages = [
        a_message(device=meter, payload=native(measured_at=NOON - hours * HOUR, energy_kwh=kwh))
        for hours, kwh in [(2, 6884.0), (1, 0.0), (0, 6894.0)]
    ]
    store_batch(messages=messages, registry=Registry(), at=NOON + timedelta(minutes=5))
    assert validate_readings(at=NOON + timedelta(hours=1)).stretches == 1
    assert ReadingFlag.objects.filter(finding=Finding.DIP).get().measured_at == NOON - HOUR


def test_what_did_not_wait_is_not_asked_for(household: Household) -> None:
    message = a_message(device=a_meter(household=household), payload=native())
    store_batch(messages=[message], registry=Registry(), at=NOON + timedelta(seconds=5))
    assert not ValidationRequest.objects.exists()


def test_a_message_twice_in_one_batch_is_stored_once(household: Household) -> None:
    message = a_message(device=a_meter(household=household), payload=native())
    outcome = store(message, message)
    assert (outcome.stored, outcome.duplicates, len(outcome.readings)) == (1, 1, 1)


def test_another_register_for_the_same_instant_is_kept_as_a_conflict(household: Household) -> None:
    meter = a_meter(household=household)
    store(a_message(device=meter, payload=native(energy_kwh=10)))
    outcome = store(a_message(device=meter, payload=native(energy_kwh=11)))
    assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (0, 0, 1)
    kept = QuarantinedMessage.objects.get()
    assert kept.reason == Reason.CONFLICT
    assert "energy_wh 10000" in kept.detail
    assert Reading.objects.get().energy_wh == 10_000


def test_the_same_reading_with_less_in_it_is_a_repetition(household: Household) -> None:
    meter = a_meter(household=household)
    store(a_message(device=meter, payload=native(volume_m3=3)))
    assert store(a_message(device=meter, payload=native())).duplicates == 1


def test_a_list_with_a_bad_entry_stores_the_good_ones_and_keeps_the_whole(household: Household) -> None:
    meter = a_meter(household=household)
    entries = [
        native(),
        {"measured_at": "yesterday", "energy_kwh": 1},
        native(measured_at=NOON - timedelta(hours=1)),
    ]
    message = a_message(device=meter, payload=entries)
    outcome = store(message)
    assert (outcome.stored, outcome.quarantined) == (2, 1)
    kept = QuarantinedMessage.objects.get()
    assert bytes(kept.payload) == message.payload
    assert kept.detail == "Entry 2 of 3: 'measured_at' is 'yesterday', which is not an instant."


def test_a_gateway_speaks_for_the_meters_that_hang_on_it_and_for_no_other(household: Household) -> None:
    gateway, other = a_gateway(), a_gateway()
    meter = a_meter(household=household, gateway=gateway, serial="58496405")
    a_meter(household=a_household(), gateway=other, serial="11111111")
    entries = [native(id="58496405"), native(id="11111111"), native(id="99999999"), native()]
    outcome = store(a_message(device=gateway, payload=entries))
    assert (outcome.stored, outcome.quarantined) == (1, 3)
    assert Reading.objects.get().device == meter
    assert Reading.objects.get().carrier == gateway
    assert QuarantinedMessage.objects.get().reason == Reason.UNKNOWN_METER


def test_a_meter_cannot_speak_for_another(household: Household) -> None:
    meter, victim = a_meter(household=household), a_meter(household=a_household())
    outcome = store(a_message(device=meter, payload=native(id=victim.serial)))
    assert (outcome.stored, outcome.quarantined) == (0, 1)
    assert QuarantinedMessage.objects.get().reason == Reason.UNKNOWN_METER


def test_a_meter_may_name_itself(household: Household) -> None:
    meter = a_meter(household=household)
    assert store(a_message(device=meter, payload=native(id=meter.serial))).stored == 1


def test_an_unknown_device_is_kept_whole_and_once(scoped: Utility) -> None:
    message = a_message(device="nobody", payload=native())
    store(message)
    store(message, message)
    kept = QuarantinedMessage.objects.get()
    assert (kept.utility, kept.reason, kept.times_received) == (scoped, Reason.UNKNOWN_DEVICE, 3)
    assert kept.detail == "No device 'nobody' is registered."
    assert Reading.objects.count() == 0


@pytest.mark.usefixtures("scoped")
def test_a_device_registered_a_moment_ago_is_known_at_once() -> None:
    registry = Registry()
    store(a_message(device="newcomer", payload=native()), registry=registry)
    a_device(identity="newcomer")
    assert store(a_message(device="newcomer", payload=native(energy_kwh=7)), registry=registry).stored == 1


@pytest.mark.usefixtures("transactional_db")  # the database checks the key when the transaction ends
def test_a_device_deleted_since_it_was_remembered_is_unknown(household: Household) -> None:
    registry, device = Registry(), a_device()
    registry.senders({(household.utility.slug, device.identity)})
    message, fine = (
        a_message(device=device, payload=native()),
        a_message(device=a_meter(household=household), payload=native()),
    )
    device.delete()
    with_fine = store(fine, message, registry=registry)
    assert (with_fine.stored, with_fine.quarantined) == (1, 1)


@pytest.mark.parametrize(
    ("topic", "detail"),
    [
        ("heat/v1/nowhere/up/x/reading", "There is no utility 'nowhere'."),
        ("heat/v1/nowhere/up/x/song", "Devices do not speak on 'song'."),
        (
            "heat/v1/nowhere/up/x",
            "'heat/v1/nowhere/up/x' is not of the form heat/v1/utility/up|down/device/channel.",
        ),
        ("heat/v1/\x07/up/x/reading", "A topic has at most 512 characters, all of them printable."),
    ],
)
@pytest.mark.django_db
def test_a_topic_that_is_not_ours_is_kept_with_its_reason(topic: str, detail: str) -> None:
    outcome = store(Message(topic, orjson.dumps(native()), NOON))
    assert outcome.quarantined == 1
    kept = QuarantinedMessage.objects.get()
    assert (kept.utility, kept.reason, kept.detail) == (None, Reason.BAD_TOPIC, detail)


@pytest.mark.usefixtures("scoped")
def test_acknowledgements_of_targets_pass_by() -> None:
    outcome = store(a_message(device="anybody", payload=b"{}", channel="ack"))
    assert (outcome.ignored, outcome.records) == (1, 0)
    assert QuarantinedMessage.objects.count() == 0


def test_a_room_temperature_is_stored(household: Household) -> None:
    sensor = a_room_sensor(household=household)
    payload = {"measured_at": "2026-01-05T04:00:00Z", "temperature_c": 21.4, "humidity_pct": 40}
    store(a_message(device=sensor, payload=payload, channel="temperature"))
    room = RoomTemperature.objects.get()
    assert (room.device, room.measured_at, room.temperature_c, room.humidity_pct) == (
        sensor,
        NOON,
        21.4,
        40.0,
    )


def test_a_room_sensor_sends_no_readings(household: Household) -> None:
    sensor = a_room_sensor(household=household)
    assert store(a_message(device=sensor, payload=native())).quarantined == 1
    assert QuarantinedMessage.objects.get().detail == "A room_sensor does not speak on 'reading'."


@pytest.mark.usefixtures("scoped")
def test_known_signals_are_stored_and_unknown_ones_kept() -> None:
    controller = a_controller(substation=a_substation())
    points = {"secondary_supply_c": 47.2, "pump_hz": 38, "mood": 3, "valve_pct": 400}
    payload = {"measured_at": "2026-01-05T04:00:00Z", "points": points}
    outcome = store(a_message(device=controller, payload=payload, channel="telemetry"))
    assert (outcome.stored, outcome.quarantined) == (2, 2)
    stored = {row.tag.name: row.value for row in TelemetryValue.objects.select_related("tag")}
    assert stored == {"secondary_supply_c": 47.2, "pump_hz": 38.0}
    assert QuarantinedMessage.objects.get().detail == (
        "'mood' is not a known plant signal.\n'valve_pct' is 400, outside of 0 to 100."
    )


def test_the_last_will_takes_a_device_off_line_although_it_was_written_before(household: Household) -> None:
    meter, later = a_meter(household=household), NOON + timedelta(hours=4)
    came = {"online": True, "at": "2026-01-05T04:00:01Z"}
    will = {"online": False, "at": "2026-01-05T04:00:00Z"}
    store(a_message(device=meter, payload=came, channel="status"))
    store(a_message(device=meter, payload=will, channel="status", received_at=later))
    store(a_message(device=meter, payload=will, channel="status", received_at=later + timedelta(hours=1)))
    state = Connectivity.objects.get()
    assert (state.online, state.at) == (False, later)


def test_a_batch_serves_all_utilities_at_once(household: Household) -> None:
    elsewhere = a_utility()
    here = a_meter(household=household)
    with utility_scope(elsewhere):
        there = a_device(identity="elsewhere-1", serial=here.serial)
        message = a_message(device=there, payload=native(energy_kwh=2))
    outcome = store(a_message(device=here, payload=native(energy_kwh=1)), message)
    assert outcome.stored == 2
    assert Reading.objects.get().energy_wh == 1000
    with utility_scope(elsewhere):
        assert Reading.objects.get().energy_wh == 2000


@pytest.mark.usefixtures("scoped")
def test_a_discarded_message_stays_discarded_when_it_comes_again() -> None:
    message = a_message(device="nobody", payload=native())
    store(message)
    QuarantinedMessage.objects.update(
        state=QuarantineState.DISCARDED, decided_at=NOON, decision="A test device."
    )
    store(message)
    assert QuarantinedMessage.objects.get().state == QuarantineState.DISCARDED


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_statements_does_not_grow_with_the_batch(
    household: Household, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    meters = [a_meter(household=household) for _ in range(count)]
    messages = [a_message(device=meter, payload=native()) for meter in meters]
    # Savepoint in and out, senders, utilities, one insert.
    with django_assert_num_queries(5):
        store_batch(messages=messages, registry=Registry())


@pytest.mark.parametrize("count", [3, 150], ids=["by statement", "by COPY"])
def test_what_a_rule_of_somebody_s_makes_disappear_is_kept_whole_and_counted(
    household: Household, count: int
) -> None:
    """A trigger that drops rows without a word is the one way to lose what was acknowledged."""
    meter = a_meter(household=household)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN IF NEW.energy_wh = 1000 THEN RETURN NULL; END IF; RETURN NEW; END';"
            " CREATE TRIGGER swallow BEFORE INSERT ON metering_reading"
            " FOR EACH ROW EXECUTE FUNCTION swallow()"
        )
    messages = [
        a_message(device=meter, payload=native(measured_at=NOON - timedelta(hours=n), energy_kwh=n))
        for n in range(count)
    ]
    outcome = store_batch(messages=messages, registry=Registry())
    assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (count - 1, 0, 1)
    assert outcome.unaccounted == 0
    kept = QuarantinedMessage.objects.get()
    assert (kept.reason, bytes(kept.payload)) == (Reason.VANISHED, messages[1].payload)
    again = store_batch(messages=messages, registry=Registry())
    assert (again.stored, again.duplicates, again.quarantined) == (0, count - 1, 1)


def test_a_batch_that_does_not_balance_is_on_record_and_stays(scoped: Utility) -> None:
    amiss = BatchOutcome(
        records=3, stored=1, duplicates=1, quarantined=0, ignored=0, readings=[], temperatures=[]
    )
    note_imbalance(outcome=amiss, utilities={scoped.pk}, at=NOON)
    note_imbalance(outcome=amiss, utilities={scoped.pk}, at=NOON)
    note_imbalance(outcome=replace(amiss, quarantined=1), utilities={scoped.pk}, at=NOON)

    assert unaccounted(since=NOON - timedelta(seconds=1)) == 2
    assert unaccounted(since=NOON) == 0
    assert unbalanced_batches() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        UnbalancedBatch.objects.all().delete()


def test_what_balances_leaves_no_record(household: Household) -> None:
    meter = a_meter(household=household)
    store_batch(messages=[a_message(device=meter, payload=b"{")], registry=Registry(), at=NOON)

    assert not UnbalancedBatch.objects.exists()
