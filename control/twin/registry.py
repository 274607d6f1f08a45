"""The one look the twin takes into the database: who hangs where when it starts. Then it only speaks MQTT."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from accounts.enums import Emitter
from accounts.models import Building, Household, Substation, Utility
from accounts.period import at_instant
from accounts.scope import utility_scope
from control.models import SubstationControl
from control.twin import layout
from control.twin.homes import EXPONENT
from metering.enums import DeviceKind
from metering.models import Installation
from metering.queries.latest import latest_readings

# Gateways of this make print telegrams with wmbusmeters; all others speak the native form.
TELEGRAM_GATEWAY: Final = "wmbusmeters"


class NothingToSimulateError(LookupError):
    """The utility has no substation with a controller, or no home behind one."""


def read_layout(utility: Utility, *, now: datetime) -> layout.Layout:
    """The community of ``utility`` as it hangs together at ``now``; what no gateway carries is left out.

    Raises:
        NothingToSimulateError: there is nothing to simulate.
    """
    with utility_scope(utility):
        hung = list(Installation.objects.filter(at_instant(now)).select_related("device"))
        stations = _stations(hung)
        buildings = _buildings(hung, [station.id for station in stations])
        homes = _homes([building.id for building in buildings])
        meters, sensors = _instruments(hung, [home.id for home in homes])
    if not homes:
        raise NothingToSimulateError(f"{utility} has no home behind a substation with a controller.")
    return layout.Layout(
        utility=utility.slug,
        time_zone=utility.time_zone,
        stations=stations,
        buildings=buildings,
        homes=homes,
        meters=meters,
        sensors=sensors,
    )


def _stations(hung: list[Installation]) -> tuple[layout.Station, ...]:
    controllers = {
        each.substation_id: each.device.identity
        for each in hung
        if each.device.kind == DeviceKind.SUBSTATION_CONTROLLER and each.substation_id is not None
    }
    curves = {row.substation_id: _curve(row) for row in SubstationControl.objects.all()}
    return tuple(
        layout.Station(
            id=row.pk,
            controller=controllers[row.pk],
            latitude_deg=float(row.latitude_deg),
            longitude_deg=float(row.longitude_deg),
            curve=replace(curves.get(row.pk, layout.Curve()), exponent=EXPONENT[Emitter(row.emitter)]),
        )
        for row in Substation.objects.filter(pk__in=controllers).order_by("pk")
    )


def _curve(row: SubstationControl) -> layout.Curve:
    return layout.Curve(
        design_outdoor_c=row.design_outdoor_c,
        design_supply_c=row.design_supply_c,
        room_c=row.room_target_c,
        shift_k=row.shift_k,
        highest_supply_c=row.max_supply_c,
    )


def _buildings(hung: list[Installation], stations: list[int]) -> tuple[layout.Building, ...]:
    gateways = {
        each.building_id: each.device
        for each in hung
        if each.device.kind == DeviceKind.GATEWAY and each.building_id is not None
    }
    rows = Building.objects.filter(substation__in=stations, pk__in=gateways).order_by("pk")
    return tuple(
        layout.Building(
            id=row.pk,
            station=stations.index(row.substation_id),
            storeys=row.storeys,
            gateway=gateways[row.pk].identity,
            forwards_telegrams=gateways[row.pk].manufacturer == TELEGRAM_GATEWAY,
        )
        for row in rows
    )


def _homes(buildings: list[int]) -> tuple[layout.Home, ...]:
    return tuple(
        layout.Home(
            id=row.pk,
            building=buildings.index(row.building_id),
            floor_area_m2=float(row.floor_area_m2),
            storey=row.storey,
            orientation=row.orientation,
            emitter=row.emitter,
        )
        for row in Household.objects.filter(building__in=buildings).order_by("pk")
    )


def _instruments(
    hung: list[Installation], homes: list[int]
) -> tuple[tuple[layout.Meter, ...], tuple[layout.RoomSensor, ...]]:
    place = {household: n for n, household in enumerate(homes)}
    newest = latest_readings(homes)
    known = {
        row.device_id: layout.Known(
            measured_at=row.measured_at, energy_wh=row.energy_wh or 0, volume_l=row.volume_l or 0
        )
        for row in newest.values()
    }
    inside = sorted(
        ((place[each.household_id], each.device) for each in hung if each.household_id in place),
        key=lambda pair: pair[1].pk,
    )
    meters = tuple(
        layout.Meter(id=device.pk, serial=device.serial, home=home, known=known.get(device.pk))
        for home, device in inside
        if device.kind == DeviceKind.HEAT_METER
    )
    sensors = tuple(
        layout.RoomSensor(id=device.pk, serial=device.serial, home=home)
        for home, device in inside
        if device.kind == DeviceKind.ROOM_SENSOR
    )
    return meters, sensors
