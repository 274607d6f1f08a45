"""The watch over the plant: found, debounced, told, acknowledged, escalated, remembered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.enums import StaffDuty
from accounts.models import HeatSource, Substation, Utility
from accounts.scope import utility_scope
from control.alarm_words import sentence
from control.enums import AlarmKind, AlarmStep, Severity, TargetState
from control.models import Alarm, AlarmEntry, AlarmRule
from control.operations.alarms import (
    AlarmError,
    acknowledge_alarms,
    note_alarm,
    watch_meters,
    watch_plant,
)
from control.operations.notices import tell_duty
from metering.enums import DeviceKind, Finding
from metering.models import Connectivity, Device, ReadingFlag, TagLimits, TelemetryTag
from tests.control.factories import a_target
from tests.factories import a_building, a_clerk, a_heat_source, a_household, a_substation, a_utility
from tests.metering.factories import (
    NOON,
    a_controller,
    a_device,
    a_meter,
    a_reading,
    a_telemetry_value,
    an_installation,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
GOOD = {
    "outdoor_c": -5.0,
    "secondary_supply_c": 45.0,
    "secondary_return_c": 35.0,
    "secondary_flow_l_h": 20_000.0,
    "pressure_kpa": 300.0,
}


def a_station(*, source: HeatSource | None = None) -> tuple[Substation, Device]:
    """A station and its controller."""
    substation = a_substation(source=source)
    return substation, a_controller(substation=substation)


def says(controller: Device, at: datetime, **changed: float) -> None:
    """All is well, but for what is said."""
    for tag, value in {**GOOD, **changed}.items():
        a_telemetry_value(device=controller, tag=tag, value=value, measured_at=at)


def through(controllers: list[Device], *, minutes: int, start: datetime = NOON, **changed: Any) -> datetime:  # noqa: ANN401 - signals
    """A word and a round every five minutes; the instant of the last."""
    at = start
    for minute in range(0, minutes + 1, 5):
        at = start + minute * MINUTE
        for controller in controllers:
            says(controller, at, **changed)
        watch_plant(at=at)
    return at


def the_kinds() -> set[str]:
    """What stands."""
    return set(Alarm.objects.filter(cleared_at=None).values_list("kind", flat=True))


def test_where_all_is_well_nothing_is_raised(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()

    through([controller], minutes=120)

    assert not Alarm.objects.exists()


@pytest.mark.parametrize(
    ("kind", "changed", "after_min", "words"),
    [
        (AlarmKind.NO_FLOW, {"secondary_flow_l_h": 0.0}, 10, "only 0.0 l/h flow"),
        (AlarmKind.FROST, {"secondary_return_c": 9.0}, 10, "the return is at 9.0 °C"),
        (AlarmKind.MAKE_UP, {"make_up_flow_l_h": 900.0}, 60, "900 l/h of make-up water flow; 500 l/h is"),
        (AlarmKind.LIMIT, {"pressure_kpa": 45.0}, 5, "pressure is at 45.0; the limit is 50.0"),
        (AlarmKind.STATION, {"alarm_leak": 1.0}, 5, "The station reports: "),
    ],
)
def test_each_trouble_is_found_after_its_delay(
    scoped: Utility, kind: AlarmKind, changed: dict[str, Any], after_min: int, words: str
) -> None:
    assert scoped.pk
    _station, controller = a_station()

    through([controller], minutes=after_min - 5, **changed)
    assert the_kinds() == set()
    through([controller], minutes=0, start=NOON + after_min * MINUTE, **changed)

    assert the_kinds() == {kind}
    assert words in sentence(Alarm.objects.get())
    assert Alarm.objects.get().began_at == NOON


def test_standing_water_is_no_alarm_on_a_mild_day(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()

    through([controller], minutes=30, secondary_flow_l_h=0.0, secondary_return_c=12.0, outdoor_c=12.0)

    assert the_kinds() == set()


def test_falling_pressure_is_a_leak_before_it_is_too_low(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()
    says(controller, NOON - 60 * MINUTE)

    through([controller], minutes=5, pressure_kpa=250.0)

    assert the_kinds() == {AlarmKind.LEAK}
    assert "fallen by 50.0 kPa" in sentence(Alarm.objects.get())


def test_water_that_does_not_follow_its_target(scoped: Utility) -> None:
    assert scoped.pk
    station, controller = a_station()
    for start in (0, 20):
        a_target(
            substation=station,
            controller=controller,
            issued_at=NOON + (start - 10) * MINUTE,
            states=(TargetState.ISSUED, TargetState.PUBLISHED, TargetState.APPLIED),
            supply_c=52.0,
        )

    through([controller], minutes=30)

    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.value, alarm.limit) == (AlarmKind.SUPPLY_LOW, 45.0, 47.0)


def test_a_station_that_refuses_its_target(scoped: Utility) -> None:
    assert scoped.pk
    station, controller = a_station()
    refused = (TargetState.ISSUED, TargetState.PUBLISHED, TargetState.REJECTED)
    a_target(substation=station, controller=controller, issued_at=NOON - MINUTE, states=refused)

    through([controller], minutes=0)

    assert the_kinds() == {AlarmKind.REFUSED}


def test_a_silent_station_is_one_alarm_and_its_old_values_raise_no_other(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()
    says(controller, NOON, pressure_kpa=20.0, secondary_flow_l_h=0.0)

    watch_plant(at=NOON + 16 * MINUTE)
    watch_plant(at=NOON + 60 * MINUTE)

    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.value) == (AlarmKind.SILENT_STATION, 60.0)


def test_a_storm_of_a_whole_source_is_one_alarm(scoped: Utility) -> None:
    assert scoped.pk
    source = a_heat_source(name="North Bank CHP")
    stations = [a_station(source=source)[1] for _ in range(6)]
    for controller in stations:
        says(controller, NOON)

    watch_plant(at=NOON + 20 * MINUTE)

    (alarm,) = Alarm.objects.all()
    assert (alarm.source, alarm.stations) == (source, 6)
    assert sentence(alarm).startswith("So it is at 6 stations of this source")
    through(stations, minutes=10, start=NOON + 25 * MINUTE)
    assert the_kinds() == set()


def test_an_alarm_clears_and_keeps_its_history(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()
    through([controller], minutes=10, secondary_flow_l_h=0.0)
    through([controller], minutes=10, start=NOON + 15 * MINUTE)

    alarm = Alarm.objects.get()
    assert alarm.cleared_at == NOON + 20 * MINUTE
    assert list(alarm.entries.order_by("pk").values_list("step", flat=True)) == ["raised", "cleared"]


def test_a_chattering_one_is_the_same_alarm_again(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()
    at = NOON
    for _ in range(4):
        at = through([controller], minutes=10, start=at + 5 * MINUTE, secondary_flow_l_h=0.0)
        at = through([controller], minutes=10, start=at + 5 * MINUTE)

    assert Alarm.objects.count() == 1
    steps = list(AlarmEntry.objects.order_by("pk").values_list("step", flat=True))
    assert steps == ["raised", "cleared", *["returned", "cleared"] * 3]


def test_a_utility_has_its_own_rules_and_limits(scoped: Utility) -> None:
    assert scoped.pk
    _station, controller = a_station()
    AlarmRule.objects.create(
        kind=AlarmKind.NO_FLOW,
        severity=Severity.MINOR,
        threshold=25_000,
        on_delay=timedelta(0),
        off_delay=timedelta(0),
        escalate_after=timedelta(hours=1),
    )
    TagLimits.objects.create(tag=TelemetryTag.objects.get(name="pressure_kpa"), alarm_low=350)
    through([controller], minutes=5)

    assert set(Alarm.objects.values_list("kind", "severity")) == {("no_flow", "minor"), ("limit", "major")}


def test_the_watch_leaves_other_utilities_alone(scoped: Utility) -> None:
    assert scoped.pk
    with utility_scope(a_utility()):
        _station, controller = a_station()
        says(controller, NOON, secondary_flow_l_h=0.0)

    watch_plant(at=NOON + 60 * MINUTE)

    assert not Alarm.objects.exists()


def test_a_gateway_that_went_off_line(scoped: Utility) -> None:
    assert scoped.pk
    gateway = a_device(kind=DeviceKind.GATEWAY)
    an_installation(device=gateway, building=a_building())
    Connectivity.objects.create(device=gateway, online=False, at=NOON, received_at=NOON)

    watch_plant(at=NOON + 25 * MINUTE)
    assert the_kinds() == set()
    watch_plant(at=NOON + 31 * MINUTE)
    assert the_kinds() == {AlarmKind.GATEWAY_OFF}


def test_silent_and_faulty_meters_are_one_alarm_a_building(scoped: Utility) -> None:
    assert scoped.pk
    building = a_building()
    meters = [a_meter(household=a_household(building=building)) for _ in range(10)]
    for meter in meters[:6]:
        a_reading(device=meter, measured_at=NOON - timedelta(hours=1))
    ReadingFlag.objects.create(
        device=meters[0], measured_at=NOON, finding=Finding.FROZEN, is_unusable=True, found_at=NOON
    )

    watch_meters(at=NOON)

    said = {alarm.kind: sentence(alarm) for alarm in Alarm.objects.all()}
    assert said == {
        "meters_silent": "40.0 % of the meters have said nothing for a day.",
        "meter_faults": "Meters with registers that cannot be used: 1.0.",
    }
    watch_plant(at=NOON)  # the plant's round does not touch them
    assert Alarm.objects.filter(cleared_at=None).count() == 2


@pytest.mark.parametrize("stations", [1, 8])
def test_the_statements_do_not_grow_with_the_stations(
    scoped: Utility, django_assert_max_num_queries: DjangoAssertNumQueries, stations: int
) -> None:
    assert scoped.pk
    for _ in range(stations):
        says(a_station()[1], NOON, secondary_flow_l_h=0.0, pressure_kpa=20.0)

    with django_assert_max_num_queries(24):
        watch_plant(at=NOON + 5 * MINUTE)


def a_standing_alarm(kind: AlarmKind = AlarmKind.NO_FLOW, *, at: datetime = NOON) -> Alarm:
    """An alarm as the watch leaves it."""
    return Alarm.objects.create(
        kind=kind,
        substation=a_substation(),
        severity=Severity.CRITICAL,
        began_at=at,
        raised_at=at,
        value=0.0,
        limit=50.0,
    )


def test_acknowledging_names_the_person_and_is_done_once(scoped: Utility) -> None:
    assert scoped.pk
    alarm, clerk = a_standing_alarm(), a_clerk(duty=StaffDuty.NETWORK)

    assert acknowledge_alarms(alarm_ids=[alarm.pk], by=clerk, at=NOON, note="On my way.") == 1
    assert acknowledge_alarms(alarm_ids=[alarm.pk], by=a_clerk(), at=NOON + MINUTE) == 0

    alarm.refresh_from_db()
    assert (alarm.acknowledged_by, alarm.acknowledged_at) == (clerk, NOON)
    assert list(alarm.entries.values_list("step", "author", "note")) == [
        ("acknowledged", clerk.pk, "On my way.")
    ]


def test_history_is_never_changed(scoped: Utility) -> None:
    assert scoped.pk
    alarm, clerk = a_standing_alarm(), a_clerk()
    note_alarm(alarm_id=alarm.pk, by=clerk, at=NOON, note="The pump is dry.")
    with pytest.raises(AlarmError, match="what it is about"):
        note_alarm(alarm_id=alarm.pk, by=clerk, at=NOON, note=" ")

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        AlarmEntry.objects.update(note="")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        AlarmEntry.objects.all().delete()


def test_those_on_duty_get_one_message_however_many_alarms(scoped: Utility) -> None:
    a_clerk(duty=StaffDuty.NETWORK, email="duty@example.com")
    a_clerk(duty=StaffDuty.BILLING, email="bills@example.com")
    for _ in range(40):
        a_standing_alarm()
    Alarm.objects.create(
        kind=AlarmKind.LIMIT,
        substation=a_substation(),
        severity=Severity.MINOR,
        began_at=NOON,
        raised_at=NOON,
    )

    assert tell_duty(at=NOON) == 40

    (message,) = mail.outbox
    assert message.to == ["duty@example.com"]
    assert message.subject == f"{scoped.name}: 40 alarms"
    assert message.body.count("No flow in frost") == 30  # the rest is on the list it links to
    assert "/admin/control/alarm/" in message.body


def test_a_message_follows_another_after_five_minutes_at_the_soonest(scoped: Utility) -> None:
    assert scoped.pk
    a_clerk(duty=StaffDuty.NETWORK)
    for minute in range(10):
        a_standing_alarm(at=NOON + minute * MINUTE)
        tell_duty(at=NOON + minute * MINUTE)

    assert len(mail.outbox) == 2
    assert AlarmEntry.objects.filter(step=AlarmStep.NOTIFIED).count() == 6


def test_what_nobody_acknowledges_goes_to_the_administrators(scoped: Utility) -> None:
    assert scoped.pk
    a_clerk(duty=StaffDuty.NETWORK, email="duty@example.com")
    a_clerk(duty=StaffDuty.ADMIN, email="head@example.com")
    seen, unseen = a_standing_alarm(), a_standing_alarm()
    tell_duty(at=NOON)
    acknowledge_alarms(alarm_ids=[seen.pk], by=a_clerk(duty=StaffDuty.BILLING), at=NOON)
    mail.outbox.clear()

    assert tell_duty(at=NOON + 29 * MINUTE) == 0
    assert tell_duty(at=NOON + 31 * MINUTE) == 1
    assert tell_duty(at=NOON + 90 * MINUTE) == 0

    assert sorted(message.to[0] for message in mail.outbox) == ["duty@example.com", "head@example.com"]
    assert Alarm.objects.get(pk=unseen.pk).escalated_at == NOON + 31 * MINUTE
    assert Alarm.objects.get(pk=seen.pk).escalated_at is None


def test_a_mail_server_that_is_away_is_tried_again(scoped: Utility, settings: Settings) -> None:
    assert scoped.pk
    a_clerk(duty=StaffDuty.NETWORK)
    a_standing_alarm()
    # Nobody listens on the discard port of this machine.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    assert tell_duty(at=NOON) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert tell_duty(at=NOON + MINUTE) == 1
    assert len(mail.outbox) == 1


def test_messages_speak_the_utilitys_language(scoped: Utility) -> None:
    scoped.locale = "zh-hans"
    scoped.save()
    a_clerk(duty=StaffDuty.NETWORK)
    a_standing_alarm()
    tell_duty(at=NOON)

    assert "严寒中无流量" in mail.outbox[0].body
