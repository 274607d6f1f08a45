"""The small world of the end-to-end tests, seeded from within the service (`manage.py shell`)."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Building, Household, Substation, User, Utility
from accounts.operations.outages import NewOutage, announce_outage, end_outage
from accounts.period import local_midnight
from accounts.scope import utility_scope
from billing.operations.tariffs import activate_version, enter_season
from comfort.models import Feedback
from comfort.operations import furnish_room
from comfort.operations.feedback import give_feedback
from control.enums import Mode
from control.explanation import reasons
from control.models import Alarm, SubstationControl, Target
from control.operations.alarms import watch_plant
from control.operations.holds import hold_station, release_station
from control.operations.stations import steer_substation
from control.operations.tick import tick
from control.queries.answers import comfort_answers
from metering.enums import DeviceKind
from metering.models import Device, QuarantinedMessage, TelemetryValue
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
METER, UNKNOWN_METER, FAULTY_METER = "58496405", "61000001", "58496406"
SECOND_HOME = "E2E-00002"
APART = "South Street 1"
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
        _apart(hung_at=local_midnight(utility.local_date(now - AGE), utility.zone))
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


def _apart(*, hung_at: datetime) -> None:
    """A station that nobody steers, for homes whose walks must not be heard by the others."""
    building = a_building(substation=a_substation(name="Station South"), name=APART)
    meter = register_device(
        kind=DeviceKind.HEAT_METER, serial=FAULTY_METER, gateway=Device.objects.get(identity=GATEWAY)
    )
    install_device(device=meter, household=a_household(building=building), starts_at=hung_at)


def _people(utility: Utility, home: Household, second: Household, *, now: datetime) -> None:
    since = utility.local_date(now - AGE)
    a_contract(household=home, starts_on=since)
    a_membership(user=a_user(email=RESIDENT), household=home, starts_on=since)
    landlord = a_user(email=LANDLORD, name="Wang Fang")
    for each in (home, second):
        a_membership(user=landlord, household=each, starts_on=since)
    User.objects.create_superuser(ADMIN, PASSWORD)
    # An inbox and a past with something in them.
    asked = NewOutage(reason="Pump exchanged", starts_at=now - AGE / 2, building=home.building)
    end_outage(outage=announce_outage(outage=asked, by=None, at=now - AGE / 2), at=now - AGE / 3)


def _tariff(utility: Utility, *, now: datetime) -> None:
    since = utility.local_date(now - AGE)
    enter_season(starts_on=since, ends_on=since + timedelta(days=120))
    activate_version(version=a_version(plan=a_plan(), starts_on=since))


def operator(what: str, **said: object) -> None:
    """Do or ask what a test of the operator's side wants, in the service; the answer goes out as JSON."""
    with utility_scope(Utility.objects.get(slug=SLUG)):
        answer = getattr(OPERATOR, what)(**said)
    sys.stdout.write(json.dumps(answer))


class _Operator:
    """An operator's hands and eyes on the small world's only station."""

    @property
    def station(self) -> Substation:
        return Substation.objects.get(name="Station North")

    def known(self) -> int:
        """How many values of the plant are stored."""
        return TelemetryValue.objects.count()

    def watch(self, ahead_s: float = 0) -> dict[str, list[str]]:
        """A round of the watch at the plant, now and ``ahead_s`` later; what stands."""
        now = timezone.now()
        for at in (now, now + timedelta(seconds=ahead_s)):
            watch_plant(at=at)
        rows = Alarm.objects.filter(cleared_at=None, kind__in=["silent_station"])
        return {"kinds": sorted(rows.values_list("kind", flat=True))}

    def targets(self) -> list[dict[str, float]]:
        """All targets, newest first."""
        return [
            {
                "supply_c": target.secondary_supply_c,
                "comfort_shift_k": target.terms.get("comfort_shift_k") or 0.0,
                "voters": target.terms.get("voters", 0),
                "expires_in_s": (target.expires_at - target.issued_at).total_seconds(),
            }
            for target in Target.objects.order_by("-issued_at")
        ]

    def tick(self) -> int:
        """A round of control; how many stations it looked at."""
        return tick(now=timezone.now()).stations

    def quarantined(self) -> int:
        """How much of the plant's words could not be stored."""
        return QuarantinedMessage.objects.filter(topic__endswith=f"{CONTROLLER}/telemetry").count()

    def limits(self) -> bool:
        """Whether every target kept to the station's limits."""
        control = SubstationControl.objects.get()
        return all(
            control.min_supply_c <= target["supply_c"] <= control.max_supply_c for target in self.targets()
        )

    def hold(self, reason: str) -> None:
        """Keep the controller's hands off for two hours."""
        now = timezone.now()
        by = User.objects.get(email=ADMIN)
        hold_station(
            substation_id=self.station.pk, reason=reason, until=now + timedelta(hours=2), by=by, at=now
        )

    def release(self) -> None:
        """Give it back."""
        by = User.objects.get(email=ADMIN)
        release_station(substation_id=self.station.pk, by=by, at=timezone.now())

    def vote(self, sensation: int) -> None:
        """Let the resident speak."""
        home = Household.objects.order_by("pk").first()
        if home is None:
            raise LookupError("The world has no home.")
        give_feedback(
            household=home, user=User.objects.get(email=RESIDENT), sensation=sensation, at=timezone.now()
        )

    def thirty(self) -> None:
        """Thirty homes of another building, all of which say that they are too cold."""
        building = a_building(substation=self.station, name="Heat Street 9")
        for number in range(30):
            home = a_household(building=building, customer_number=f"E2E-3{number:04d}")
            give_feedback(household=home, user=a_user(), sensation=-2, at=timezone.now())

    def answers(self) -> dict[str, object]:
        """What the last of the thirty is told, and how many voted."""
        vote = Feedback.objects.latest("pk")
        (answer,) = comfort_answers(vote.household, at=timezone.now(), since=vote.given_at - AGE)
        told = {reason.code: reason.text for reason in reasons(answer)}
        return {"pool": told["pool"], "homes": Feedback.objects.values("household").distinct().count()}


OPERATOR = _Operator()
