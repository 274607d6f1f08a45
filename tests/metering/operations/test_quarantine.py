"""What was kept is not lost: it can be released, once its reason is gone, and is stored like any other."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from accounts.models import Household
from accounts.scope import utility_scope
from metering.enums import DeviceKind, Finding, QuarantineState, Reason
from metering.models import (
    Device,
    Installation,
    QuarantinedMessage,
    Reading,
    ReadingFlag,
    RoomTemperature,
    ValidationCursor,
    ValidationRequest,
)
from metering.operations.batch import store_batch
from metering.operations.quarantine import discard_quarantined, register_and_release, release_quarantined
from metering.operations.sorting import Message
from metering.operations.validation import validate_readings
from metering.queries.neighbourhoods import AROUND
from metering.queries.quarantine import proposal, quarantined
from metering.queries.registry import Registry
from tests.factories import a_household, a_substation, a_utility
from tests.metering.factories import NOON, a_device, a_gateway, a_message, a_meter, native

LATER = NOON + timedelta(days=1)


def keep(*messages: Message) -> QuarantinedMessage:
    """Let ingestion quarantine messages; the latest of them."""
    store_batch(messages=messages, registry=Registry())
    return QuarantinedMessage.objects.latest("pk")


@pytest.mark.usefixtures("scoped")
def test_a_message_is_released_once_its_device_is_known() -> None:
    kept = keep(a_message(device="newcomer", payload=native()))
    device = a_device(identity="newcomer")
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 1
    kept.refresh_from_db()
    assert (kept.state, kept.decided_at) == (QuarantineState.RELEASED, LATER)
    reading = Reading.objects.get()
    # Stored as if it had been on the day it came.
    assert (reading.device, reading.received_at) == (device, NOON)


@pytest.mark.usefixtures("scoped")
def test_a_message_whose_reason_still_holds_waits_on() -> None:
    kept = keep(a_message(device="newcomer", payload=native()))
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 0
    kept.refresh_from_db()
    assert (kept.state, kept.reason, kept.times_received) == (
        QuarantineState.WAITING,
        Reason.UNKNOWN_DEVICE,
        1,
    )


@pytest.mark.usefixtures("scoped")
def test_a_message_with_another_fault_now_says_so() -> None:
    kept = keep(a_message(device="newcomer", payload=native()))
    a_device(identity="newcomer", kind=DeviceKind.ROOM_SENSOR)
    release_quarantined(message_ids=[kept.pk], at=LATER)
    kept.refresh_from_db()
    assert (kept.reason, kept.detail) == (Reason.BAD_TOPIC, "A room_sensor does not speak on 'reading'.")


def test_releasing_what_is_stored_meanwhile_stores_nothing_twice(household: Household) -> None:
    kept = keep(a_message(device="newcomer", payload=native()))
    device = a_device(identity="newcomer")
    store_batch(messages=[a_message(device=device, payload=native(vendor=1))], registry=Registry())
    assert release_quarantined(message_ids=[kept.pk, kept.pk], at=LATER) == 1
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 0
    assert Reading.objects.count() == 1
    del household


def test_one_step_registers_a_meter_hangs_it_up_and_releases_all_that_waited(household: Household) -> None:
    first = a_message(device="meter-1", payload=native(measured_at=NOON - timedelta(hours=1), energy_kwh=1))
    keep(first)
    kept = keep(a_message(device="meter-1", payload=native(energy_kwh=2)))
    device = register_and_release(message=kept, household=household, substation=None, at=LATER)
    assert (device.kind, device.identity) == (DeviceKind.HEAT_METER, "meter-1")
    assert QuarantinedMessage.objects.filter(state=QuarantineState.RELEASED).count() == 2
    assert list(Reading.objects.order_by("measured_at").values_list("energy_wh", flat=True)) == [1000, 2000]
    assert Installation.objects.get().household == household


def test_what_is_released_is_validated_by_the_next_run(household: Household) -> None:
    hours = [NOON + timedelta(hours=hour) for hour in range(3)]
    for hour, energy_kwh in zip(hours, (1000, 0, 1010), strict=True):
        payload = native(measured_at=hour, energy_kwh=energy_kwh)
        kept = keep(a_message(device="meter-1", payload=payload, received_at=hour))
    validate_readings(at=LATER)
    elsewhere = a_utility()
    with utility_scope(elsewhere):
        validate_readings(at=LATER)
    register_and_release(message=kept, household=household, substation=None, at=LATER)
    request = ValidationRequest.objects.get()
    assert (request.first_at, request.last_at) == (NOON - AROUND, hours[-1] + AROUND)
    with utility_scope(elsewhere):
        assert not ValidationRequest.objects.exists()
    assert validate_readings(at=LATER).stretches == 1
    dip = ReadingFlag.objects.get(finding=Finding.DIP)
    assert (dip.measured_at, dip.is_unusable) == (hours[1], True)


@pytest.mark.usefixtures("scoped")
def test_a_release_never_moves_the_validation_on() -> None:
    kept = keep(a_message(device="newcomer", payload=native()))
    before = NOON - timedelta(days=1)
    validate_readings(at=before)
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 0
    a_device(identity="newcomer")
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 1
    assert ValidationCursor.objects.get().validated_through == before


def test_what_a_message_that_waits_on_has_brought_is_validated_too(household: Household) -> None:
    gateway = a_gateway()
    kept = keep(a_message(device=gateway, payload=[native(id="NEW"), native(id="OTHER")]))
    validate_readings(at=LATER)
    a_meter(household=household, gateway=gateway, serial="NEW")
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 0
    assert Reading.objects.count() == 1
    assert validate_readings(at=LATER).stretches == 1


def test_a_gateways_unknown_meter_is_registered_on_that_gateway(household: Household) -> None:
    gateway = a_gateway()
    a_meter(household=household, gateway=gateway, serial="KNOWN")
    kept = keep(a_message(device=gateway, payload=[native(id="KNOWN"), native(id="58496405")]))
    device = register_and_release(message=kept, household=household, substation=None, at=LATER)
    assert (device.serial, device.gateway, device.identity) == ("58496405", gateway, "")
    assert set(Reading.objects.values_list("device__serial", flat=True)) == {"KNOWN", "58496405"}


def test_a_device_hangs_there_from_the_first_of_all_that_waited(household: Household) -> None:
    first, later = NOON - timedelta(hours=2), NOON + timedelta(hours=2)
    kept = keep(a_message(device="meter-1", payload=native(energy_kwh=2)))
    # Buffered by the meter: measured before what came before it.
    keep(a_message(device="meter-1", payload=native(measured_at=first, energy_kwh=1), received_at=later))
    keep(a_message(device="meter-2", payload=native(measured_at=first - timedelta(hours=1))))
    keep(a_message(device="meter-1", payload=native(measured_at=first - timedelta(hours=1), id="OTHER")))
    register_and_release(message=kept, household=household, substation=None, at=LATER)
    assert Installation.objects.get().starts_at == first
    assert list(Reading.objects.order_by("measured_at").values_list("measured_at", flat=True)) == [
        first,
        NOON,
    ]


def test_a_gateways_meter_hangs_there_from_its_own_first_measurement(household: Household) -> None:
    gateway = a_gateway()
    hours = [NOON - timedelta(hours=hour) for hour in range(4)]
    a_meter(household=household, gateway=gateway, serial="KNOWN")
    keep(a_message(device=gateway, payload=[native(id="OTHER", measured_at=hours[3])]))
    keep(
        a_message(
            device=gateway,
            payload=[native(id="KNOWN", measured_at=hours[2]), native(id="NEW", measured_at=hours[1])],
        )
    )
    kept = keep(a_message(device=gateway, payload=[native(id="NEW")]))
    device = register_and_release(
        message=kept, household=a_household(building=household.building), substation=None, at=LATER
    )
    assert device.serial == "NEW"
    assert Installation.objects.get(device=device).starts_at == hours[1]
    assert QuarantinedMessage.objects.get(state=QuarantineState.WAITING).reason == Reason.UNKNOWN_METER


def test_a_meter_that_was_moved_to_another_gateway_is_moved_in_the_registry(household: Household) -> None:
    old, new = a_gateway(), a_gateway()
    meter = a_meter(household=household, gateway=old, serial="58496405")
    kept = keep(a_message(device=new, payload=native(id="58496405")))
    assert register_and_release(message=kept, household=None, substation=None, at=LATER) == meter
    meter.refresh_from_db()
    assert meter.gateway == new
    assert Reading.objects.get().carrier == new


@pytest.mark.usefixtures("scoped")
def test_a_stranger_that_speaks_for_many_is_a_gateway() -> None:
    kept = keep(a_message(device="gw", payload=[native(id="A"), native(id="B")]))
    proposed = proposal(kept)
    assert proposed is not None
    assert (proposed.kind, proposed.identity, proposed.serial) == (DeviceKind.GATEWAY, "gw", "")
    register_and_release(message=kept, household=None, substation=None, at=LATER)
    kept.refresh_from_db()
    assert (kept.state, kept.reason) == (QuarantineState.WAITING, Reason.UNKNOWN_METER)


@pytest.mark.usefixtures("scoped")
def test_a_controller_hangs_in_its_substation() -> None:
    substation = a_substation()
    payload = {"measured_at": "2026-01-05T04:00:00Z", "points": {"pump_hz": 38}}
    kept = keep(a_message(device="plc", payload=payload, channel="telemetry"))
    device = register_and_release(message=kept, household=None, substation=substation, at=LATER)
    assert device.kind == DeviceKind.SUBSTATION_CONTROLLER
    assert Installation.objects.get().substation == substation


@pytest.mark.usefixtures("scoped")
def test_no_registration_helps_a_malformed_message() -> None:
    kept = keep(a_message(device=a_device(), payload=b"{"))
    assert proposal(kept) is None
    with pytest.raises(ValidationError, match="would not release"):
        register_and_release(message=kept, household=None, substation=None, at=LATER)
    assert Device.objects.count() == 1


def test_a_registration_that_cannot_be_leaves_nothing_behind(household: Household) -> None:
    kept = keep(a_message(device="plc", payload=native()))
    with pytest.raises(ValidationError):
        register_and_release(message=kept, household=household, substation=a_substation(), at=LATER)
    assert (Device.objects.count(), Installation.objects.count()) == (0, 0)
    assert QuarantinedMessage.objects.get().state == QuarantineState.WAITING


@pytest.mark.usefixtures("scoped")
def test_discarding_needs_a_reason_and_keeps_the_row() -> None:
    kept = keep(a_message(device="nobody", payload=native()))
    with pytest.raises(ValidationError):
        discard_quarantined(message_ids=[kept.pk], decision="  ", at=LATER)
    assert discard_quarantined(message_ids=[kept.pk], decision="A device on a desk.", at=LATER) == 1
    kept.refresh_from_db()
    assert (kept.state, kept.decision) == (QuarantineState.DISCARDED, "A device on a desk.")
    assert release_quarantined(message_ids=[kept.pk], at=LATER) == 0


def test_the_command_gives_everything_another_chance(household: Household) -> None:
    keep(a_message(device="one", payload=native()), a_message(device="two", payload=native()))
    a_device(identity="one")
    out = StringIO()
    call_command("replay_quarantine", reason=Reason.UNKNOWN_DEVICE, stdout=out)
    assert out.getvalue() == "1 of 2 waiting messages released.\n"
    assert Reading.objects.count() == 1
    del household


@pytest.mark.usefixtures("scoped")
def test_a_desk_sees_its_own_quarantine_and_superusers_the_strangers() -> None:
    mine = keep(a_message(device="nobody", payload=native()))
    stranger = keep(Message("heat/v1/nowhere/up/x/reading", b"{}", NOON))
    elsewhere = a_utility()
    with utility_scope(elsewhere):
        assert list(quarantined()) == []
    assert list(quarantined()) == [mine]
    assert set(quarantined(strangers=True)) == {mine, stranger}


@pytest.mark.usefixtures("scoped")
def test_a_room_sensor_is_proposed_for_a_temperature() -> None:
    payload = {"measured_at": "2026-01-05T04:00:00Z", "temperature_c": 21}
    kept = keep(a_message(device="room-9", payload=payload, channel="temperature"))
    device = register_and_release(message=kept, household=None, substation=None, at=LATER)
    assert device.kind == DeviceKind.ROOM_SENSOR
    assert RoomTemperature.objects.get().device == device
