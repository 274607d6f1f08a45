"""The demo's community from nothing to a running utility: one transaction of the apps' operations."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.enums import CustomerClass
from accounts.models import Building, Household, Substation, Utility
from accounts.operations.network import (
    NewHousehold,
    add_building,
    add_heat_source,
    add_households,
    add_substation,
    found_utility,
)
from accounts.operations.people import NewContract, sign_contracts
from accounts.period import Period, end_of, local_midnight
from accounts.scope import utility_scope
from billing.operations.tariffs import NewComponent, activate_version, draft_version, enter_season, found_plan
from billing.terms import ComponentKind, Per, Unit
from comfort.operations.rooms import NewRoom, furnish_rooms
from config.demo import people, plan
from config.demo.season import season
from control.enums import Mode
from control.operations.stations import steer_substation
from control.twin.registry import TELEGRAM_GATEWAY
from metering.enums import DeviceKind
from metering.models import Device
from metering.operations.fleet import NewDevice, NewInstallation, install_devices, register_devices

# Contracts, memberships and devices are older than the season they are shown in.
BEFORE: Final = timedelta(days=45)
BEIJING_DEG: Final = (Decimal("39.90420"), Decimal("116.40740"))
# Where the installer left the curve: the coldest fifth of the rooms a little above their target.
DESIGN_SUPPLY_C: Final = 49.0
ROOM_TARGET_C: Final = 21.0
FIRST_METER: Final = 58_496_000


def find() -> Utility | None:
    """The demo's utility, if it has been seeded."""
    return Utility.objects.filter(slug=plan.SLUG).first()


@transaction.atomic
def seed(*, now: datetime) -> Utility:
    """The demo's utility with all that belongs to it; what is there already is left as it is."""
    found = find()
    if found is not None:
        return found
    utility = found_utility(
        slug=plan.SLUG, name=plan.NAME, currency=plan.CURRENCY, time_zone=plan.TIME_ZONE, locale="en"
    )
    with utility_scope(utility):
        _seed(utility, season(utility.local_date(now)))
    return utility


def _seed(utility: Utility, heating: Period[date]) -> None:
    since = heating.start - BEFORE
    stations = _stations()
    buildings = _buildings(stations)
    homes = _homes(buildings)
    _devices(stations, buildings, homes, hung_at=local_midnight(since, ZoneInfo(utility.time_zone)))
    sign_contracts(
        contracts=[
            NewContract(household=home, customer_name=flat.customer, starts_on=since)
            for flat, home in zip(plan.flats(), homes, strict=True)
        ]
    )
    people.let_in(homes, since=since)
    _tariff(heating, since=since)


def _stations() -> list[Substation]:
    source = add_heat_source(name="North Bank CHP")
    latitude, longitude = BEIJING_DEG
    stations = [
        add_substation(source=source, name=name, latitude_deg=latitude, longitude_deg=longitude)
        for name in plan.STATIONS
    ]
    for station in stations:
        steer_substation(
            substation=station, mode=Mode.ACTIVE, design_supply_c=DESIGN_SUPPLY_C, room_target_c=ROOM_TARGET_C
        )
    return stations


def _buildings(stations: list[Substation]) -> list[Building]:
    return [
        add_building(
            substation=stations[house.station], name=house.name, address=house.address, storeys=plan.STOREYS
        )
        for house in plan.houses()
    ]


def _homes(buildings: list[Building]) -> list[Household]:
    return add_households(
        homes=[
            NewHousehold(
                building=buildings[flat.house],
                customer_number=f"NR-{flat.number:05d}",
                label=flat.label,
                floor_area_m2=flat.floor_area_m2,
                storey=flat.storey,
                orientation=flat.orientation,
            )
            for flat in plan.flats()
        ]
    )


def _devices(
    stations: list[Substation], buildings: list[Building], homes: list[Household], *, hung_at: datetime
) -> None:
    gateways = register_devices(devices=[_gateway(house) for house in plan.houses()])
    controllers = register_devices(
        devices=[
            NewDevice(kind=DeviceKind.SUBSTATION_CONTROLLER, identity=f"plc-{n:02d}", model_name="PLC 7")
            for n, _ in enumerate(stations, start=1)
        ]
    )
    carriers = [gateways[flat.house] for flat in plan.flats()]
    meters = register_devices(devices=[_meter(n, carrier) for n, carrier in enumerate(carriers, start=1)])
    hung = [
        *(NewInstallation(device=d, building=b) for d, b in zip(gateways, buildings, strict=True)),
        *(NewInstallation(device=d, substation=s) for d, s in zip(controllers, stations, strict=True)),
        *(NewInstallation(device=d, household=h) for d, h in zip(meters, homes, strict=True)),
    ]
    rooms = [(number, name) for number in range(1, len(homes) + 1) for name in _room_names(number)]
    sensors = register_devices(
        devices=[
            NewDevice(
                kind=DeviceKind.ROOM_SENSOR,
                serial=f"RS-{n:04d}",
                gateway=carriers[number - 1],
                model_name="Room T/RH",
            )
            for n, (number, _name) in enumerate(rooms, start=1)
        ]
    )
    _furnish(homes, rooms, sensors)
    hung += [
        NewInstallation(device=sensor, household=homes[number - 1])
        for sensor, (number, _name) in zip(sensors, rooms, strict=True)
    ]
    install_devices(installations=hung, starts_at=hung_at)


def _gateway(house: plan.House) -> NewDevice:
    maker, model = (TELEGRAM_GATEWAY, "wM-Bus") if house.sends_telegrams else ("Hearthline", "M-Bus 64")
    return NewDevice(kind=DeviceKind.GATEWAY, identity=house.gateway, manufacturer=maker, model_name=model)


def _meter(number: int, gateway: Device) -> NewDevice:
    return NewDevice(
        kind=DeviceKind.HEAT_METER,
        serial=str(FIRST_METER + number),
        gateway=gateway,
        manufacturer="Diehl",
        model_name="Sharky 774",
        nominal_power_w=9000,
    )


def _room_names(number: int) -> list[str]:
    """Every home measures its living room, some more; the demo's resident sees three rooms."""
    if number in people.RESIDENT.homes:
        return [plan.LIVING_ROOM, plan.BEDROOM, plan.STUDY]
    return [plan.LIVING_ROOM, plan.BEDROOM] if number % plan.BEDROOM_EVERY == 0 else [plan.LIVING_ROOM]


def _furnish(homes: list[Household], rooms: list[tuple[int, str]], sensors: list[Device]) -> None:
    names = [plan.LIVING_ROOM, plan.BEDROOM, plan.STUDY]
    furnish_rooms(
        rooms=[
            NewRoom(household=homes[number - 1], name=name, sensor=sensor, position=names.index(name))
            for (number, name), sensor in zip(rooms, sensors, strict=True)
        ]
    )


def _tariff(heating: Period[date], *, since: date) -> None:
    """Beijing's two-part price for metered homes."""
    enter_season(starts_on=heating.start, ends_on=end_of(heating))
    version = draft_version(
        plan=found_plan(name="Residential, metered", customer_class=CustomerClass.RESIDENTIAL),
        starts_on=since,
        text="Two-part tariff: 12 yuan per m² and heating season, 0.16 yuan per kWh.",
        components=[
            NewComponent(
                name="Base fee by floor area",
                kind=ComponentKind.AREA,
                unit=Unit.M2,
                per=Per.SEASON,
                price=Decimal(12),
            ),
            NewComponent(
                name="Metered heat",
                kind=ComponentKind.ENERGY,
                unit=Unit.KWH,
                per=Per.QUANTITY,
                price=Decimal("0.16"),
            ),
        ],
    )
    activate_version(version=version)
