"""Reports, savings, indices and sources at the desk."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Substation, Utility
from accounts.period import local_midnight
from control.enums import FactorKind, Mode
from control.models import (
    EnergyFactor,
    LoadForecast,
    LoadHour,
    OutdoorForecast,
    RolloutStage,
    SubstationControl,
)
from control.operations.rollout import switch_due
from control.queries.dispatch import source_plans
from control.queries.heat_indices import heat_indices
from control.queries.savings import station_savings
from tests.comfort.factories import a_cold_spell, a_vote
from tests.control.factories import a_control
from tests.factories import a_building, a_clerk, a_heat_source, a_household, a_substation
from tests.metering.factories import (
    a_controller,
    a_meter,
    a_reading,
    a_room_sensor,
    a_room_temperature,
    a_telemetry_value,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(scoped: Utility, client: Client) -> Client:
    """An administrator, who may see money too."""
    assert scoped.pk
    client.force_login(a_clerk(duty=StaffDuty.ADMIN))
    return client


def shown(desk: Client, name: str, **query: str) -> str:
    """A page as text."""
    answer = desk.get(reverse(name), query)
    assert answer.status_code == 200
    return answer.content.decode()


def some_weather(substation: Substation, first: date, outdoor_c: list[float], utility: Utility) -> None:
    """A temperature a day, all day long."""
    OutdoorForecast.objects.bulk_create(
        OutdoorForecast(
            substation=substation,
            valid_at=local_midnight(first + timedelta(days=day), utility.zone) + timedelta(hours=hour),
            outdoor_c=degrees,
            source="climate",
            made_at=timezone.now(),
        )
        for day, degrees in enumerate(outdoor_c)
        for hour in range(24)
    )


def a_season(
    substation: Substation, utility: Utility, *, first: date, days: int, saved_from: int, saved: float
) -> None:
    """Hourly heat of 20 kW a kelvin below 17 degrees, less by ``saved`` from a day on."""
    outdoor = [float(8 * np.sin(day / 3) - 1 + day % 5) for day in range(days)]
    some_weather(substation, first, outdoor, utility)
    random = np.random.default_rng(5)
    LoadHour.objects.bulk_create(
        LoadHour(
            substation=substation,
            hour=local_midnight(first + timedelta(days=day), utility.zone) + timedelta(hours=hour),
            load_w=20_000
            * (17 - degrees)
            * (1 - (saved if day >= saved_from else 0.0))
            * float(random.normal(1, 0.02)),
            samples=4,
        )
        for day, degrees in enumerate(outdoor)
        for hour in range(24)
    )


def test_a_saving_names_its_baseline_its_interval_and_its_factors(desk: Client, scoped: Utility) -> None:
    station, left_alone = a_substation(name="Heping Garden"), a_substation(name="Binhe Quarter")
    first = scoped.local_date(timezone.now()) - timedelta(days=100)
    a_season(station, scoped, first=first, days=100, saved_from=60, saved=0.12)
    a_season(left_alone, scoped, first=first, days=100, saved_from=60, saved=0.02)
    RolloutStage.objects.create(substation=station, baseline_from=first, starts_on=first + timedelta(days=60))
    RolloutStage.objects.create(substation=left_alone, baseline_from=first)
    EnergyFactor.objects.create(
        kind=FactorKind.HEAT_CO2, value=Decimal(110), source="GB/T 32151.1, default", starts_on=first
    )

    (row, control) = station_savings(at=timezone.now())
    page = shown(desk, "desk-saving")

    assert row.share == pytest.approx(0.10, abs=0.01)
    assert row.low < row.share < row.high
    assert (control.saving, control.why_not) == (None, "control")
    assert "GB/T 32151.1, default" in page
    assert "CO2, kg" in page
    assert "kg of coal equivalent" in page  # named as what is missing
    assert f"{row.saved_gj * 110:.0f}" in page


def test_too_few_days_are_said_to_be_too_few(desk: Client, scoped: Utility) -> None:
    station = a_substation()
    first = scoped.local_date(timezone.now()) - timedelta(days=30)
    a_season(station, scoped, first=first, days=30, saved_from=20, saved=0.1)
    RolloutStage.objects.create(substation=station, baseline_from=first, starts_on=first + timedelta(days=20))

    assert "Not enough days since it is steered" in shown(desk, "desk-saving")


def test_without_a_roll_out_there_is_nothing_to_compare(desk: Client) -> None:
    assert "No station is in the roll-out yet" in shown(desk, "desk-saving")


def test_stations_are_taken_under_control_on_their_day_and_once(scoped: Utility) -> None:
    now = timezone.now()
    today = scoped.local_date(now)
    for starts_on in (today, today + timedelta(days=1), None):
        substation = a_substation()
        a_control(substation=substation, mode=Mode.SHADOW)
        RolloutStage.objects.create(
            substation=substation, baseline_from=today - timedelta(days=90), starts_on=starts_on
        )

    assert switch_due(at=now) == 1
    SubstationControl.objects.update(mode=Mode.SHADOW)  # somebody thinks better of it
    assert switch_due(at=now) == 0
    assert switch_due(at=now + timedelta(days=1)) == 1


def test_a_station_held_on_its_day_is_taken_when_the_hold_ends(scoped: Utility) -> None:
    now = timezone.now()
    today = scoped.local_date(now)
    substation = a_substation()
    control = a_control(substation=substation, mode=Mode.HOLD)
    RolloutStage.objects.create(
        substation=substation, baseline_from=today - timedelta(days=90), starts_on=today
    )

    assert switch_due(at=now) == 0
    SubstationControl.objects.filter(pk=control.pk).update(mode=Mode.SHADOW)
    assert switch_due(at=now) == 1


def test_a_roll_out_that_begins_before_its_baseline_is_refused(scoped: Utility) -> None:
    assert scoped.pk
    stage = RolloutStage(
        substation=a_substation(), baseline_from=date(2026, 1, 1), starts_on=date(2026, 1, 1)
    )
    with pytest.raises(ValidationError, match="baseline begins before"):
        stage.full_clean()


def test_homes_that_take_much_and_little_are_found(desk: Client, scoped: Utility) -> None:
    building = a_building(storeys=6)
    now = timezone.now()
    first = scoped.local_date(now) - timedelta(days=28)
    some_weather(building.substation, first, [-2.0] * 28, scoped)
    for energy_kwh in (900, 1000, 1000, 1100, 2000, 300):
        meter = a_meter(household=a_household(building=building), starts_at=now - timedelta(days=60))
        for at, share in ((first, 0.0), (scoped.local_date(now), 1.0)):
            a_reading(
                device=meter,
                measured_at=local_midnight(at, scoped.zone),
                energy_wh=5_000_000 + int(share * energy_kwh * 1000),
            )

    found = heat_indices(at=now)

    # 1 MWh over 80 m² and 28 days of 20 kelvins.
    middle = found.homes[2].index
    assert middle.gj_m2_kd == pytest.approx(3.6 / 80 / 560, rel=0.11)
    assert [row.index.verdict for row in found.homes] == ["over", "", "", "", "", "under"]
    assert len(found.buildings) == len(found.stations) == 1
    page = shown(desk, "desk-heat-index")
    assert "6 homes were metered through; 1 take over 1.3 times and 1 under 0.7 times" in page


def test_a_week_of_heat_is_not_divided_by_a_day_of_weather(scoped: Utility) -> None:
    """As in a service that began yesterday and reads meters that count since long."""
    building, now = a_building(), timezone.now()
    today = scoped.local_date(now)
    some_weather(building.substation, today - timedelta(days=3), [-2.0] * 3, scoped)
    meter = a_meter(household=a_household(building=building), starts_at=now - timedelta(days=60))
    for days in (28, 0):
        at = local_midnight(today - timedelta(days=days), scoped.zone)
        a_reading(device=meter, measured_at=at, energy_wh=6_000_000 - 10_000 * days)

    assert heat_indices(at=now).period is None
    some_weather(building.substation, today - timedelta(days=8), [-2.0] * 5, scoped)
    found = heat_indices(at=now)
    assert found.period is not None
    assert found.period.start == today - timedelta(days=8)


def test_a_source_is_told_what_its_stations_need(desk: Client, scoped: Utility) -> None:
    assert scoped.pk
    source, now = a_heat_source(name="North Bank CHP"), timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    for name, secondary_c, valve_pct, history in (("Easy", 40.0, 45.0, True), ("Hard", 55.0, 90.0, False)):
        station = a_substation(source=source, name=name)
        controller = a_controller(substation=station)
        for tag, value in (
            ("primary_supply_c", 80.0),
            ("primary_return_c", 45.0),
            ("secondary_supply_c", secondary_c),
            ("valve_pct", valve_pct),
            ("heat_power_w", 200_000.0),
        ):
            a_telemetry_value(device=controller, tag=tag, value=value, measured_at=now)
        LoadForecast.objects.create(
            substation=station,
            first_hour=hour,
            made_at=now,
            load_w=[300_000.0] * 72 if history else [],
            persistence_w=[1.0] * 72,
            degree_days_w=[250_000.0] * 72,
        )

    (plan,) = source_plans(at=now)

    assert plan.load_w == 400_000
    assert plan.next_day_w == [550_000.0] * 24
    # Easy could do with 40 + 40 * 45/90 = 60; Hard has no valve in hand: 55 + 25.
    assert [need.needed_c for need in plan.stations] == [60.0, 80.0]
    assert plan.binding is not None
    assert plan.binding.substation.name == "Hard"
    assert plan.flow_l_h == pytest.approx(550_000 / 1.163 / 35)
    page = shown(desk, "desk-sources")
    assert "A supply of 80.0 °C would do; Hard binds." in page
    assert "Residents owe" in page


def test_the_comfort_report_tells_spread_degree_hours_and_complaints(desk: Client, scoped: Utility) -> None:
    building = a_building(name="=Heping 1")
    noon = local_midnight(scoped.local_date(timezone.now()) - timedelta(days=2), scoped.zone)
    for degrees in (17.0, 20.0, 25.0):
        home = a_household(building=building)
        sensor = a_room_sensor(household=home)
        for hour in range(10):
            # Four values an hour count as one.
            for quarter in range(4 if degrees == 17.0 else 1):
                at = noon + timedelta(hours=hour, minutes=15 * quarter)
                a_room_temperature(device=sensor, temperature_c=degrees, measured_at=at)
        a_vote(household=home, sensation=-2 if degrees < 20 else 1, given_at=noon)
    a_cold_spell(household=home, starts_at=noon, ends_at=noon + timedelta(hours=9))

    page = shown(desk, "desk-comfort")
    sheet = desk.get(reverse("desk-comfort"), {"as": "csv"})

    assert "=Heping 1" in page
    assert sheet["Content-Type"].startswith("text/csv")
    header, row = sheet.content.decode().splitlines()
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert told["building"] == "'=Heping 1"  # no formula in a spreadsheet
    assert (told["homes"], told["room_hours"], told["under_k_h"], told["over_k_h"]) == (
        "3",
        "30",
        "10.0",
        "10.0",
    )
    assert (told["middle_c"], told["spread_k"], told["cold_spells"]) == ("20.0", "8.0", "1")
    assert (told["votes_cold"], told["votes_warm"]) == ("1", "2")


def test_days_in_the_wrong_order_are_refused_in_words(desk: Client) -> None:
    page = shown(desk, "desk-comfort", start="2026-02-01", end="2026-01-01")
    assert "the first one first" in page


def test_empty_pages_say_so(desk: Client) -> None:
    assert "There is no heat source yet." in shown(desk, "desk-sources")
    assert "There is no building yet." in shown(desk, "desk-comfort")
    assert "fewer than seven whole days is known" in shown(desk, "desk-heat-index")
