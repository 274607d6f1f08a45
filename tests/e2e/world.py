"""The small world of the end-to-end tests, seeded from within the service (`manage.py shell`)."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Building, Household, Substation, User, Utility
from accounts.period import local_midnight
from accounts.scope import utility_scope
from billing.operations.tariffs import activate_version, enter_season
from comfort.operations import furnish_room
from control.enums import Mode
from control.operations.stations import steer_substation
from metering.enums import DeviceKind
from metering.operations.devices import install_device, register_device
from tests.billing.factories import a_plan, a_version
from tests.factories import (
    PASSWORD,
    a_building,
    a_contract,
    a_household,
    a_membership,
    a_substation,
    a_user,
    a_utility,
)

SLUG = "e2e"
GATEWAY, CONTROLLER, SENSOR = "gw-1", "plc-1", "rs-1"
METER, UNKNOWN_METER = "58496405", "61000001"
SECOND_HOME = "E2E-00002"
RESIDENT, LANDLORD, ADMIN = "li.na@example.com", "landlord@example.com", "admin@example.com"
# How long everything has hung, held and been agreed upon.
AGE = timedelta(days=30)


def main() -> None:
    """Seed, and print the keys of the homes as JSON."""
    utility = a_utility(slug=SLUG)
    now = timezone.now()
    with utility_scope(utility):
        substation = a_substation(name="Station North")
        steer_substation(substation=substation, mode=Mode.ACTIVE)
        building = a_building(substation=substation, name="Heat Street 7")
        home = a_household(building=building, floor_area_m2=Decimal(80))
        second = a_household(building=building, customer_number=SECOND_HOME)
        _devices(
            substation, building, home, hung_at=local_midnight(utility.local_date(now - AGE), utility.zone)
        )
        _people(utility, home, second, now=now)
        _tariff(utility, now=now)
    sys.stdout.write(json.dumps({"home": home.pk, "second": second.pk}))


def _devices(substation: Substation, building: Building, home: Household, *, hung_at: datetime) -> None:
    gateway = register_device(kind=DeviceKind.GATEWAY, identity=GATEWAY)
    controller = register_device(kind=DeviceKind.SUBSTATION_CONTROLLER, identity=CONTROLLER)
    sensor = register_device(kind=DeviceKind.ROOM_SENSOR, identity=SENSOR)
    meter = register_device(kind=DeviceKind.HEAT_METER, serial=METER, gateway=gateway)
    install_device(device=gateway, building=building, starts_at=hung_at)
    install_device(device=controller, substation=substation, starts_at=hung_at)
    for device in (sensor, meter):
        install_device(device=device, household=home, starts_at=hung_at)
    furnish_room(household=home, name="Living room", sensor=sensor)


def _people(utility: Utility, home: Household, second: Household, *, now: datetime) -> None:
    since = utility.local_date(now - AGE)
    a_contract(household=home, starts_on=since)
    a_membership(user=a_user(email=RESIDENT), household=home, starts_on=since)
    landlord = a_user(email=LANDLORD, name="Wang Fang")
    for each in (home, second):
        a_membership(user=landlord, household=each, starts_on=since)
    User.objects.create_superuser(ADMIN, PASSWORD)


def _tariff(utility: Utility, *, now: datetime) -> None:
    since = utility.local_date(now - AGE)
    enter_season(starts_on=since, ends_on=since + timedelta(days=120))
    activate_version(version=a_version(plan=a_plan(), starts_on=since))
