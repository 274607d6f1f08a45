"""What is known of the plant, as verdicts of the rules; a statement a question, however many stations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import OuterRef, Subquery

from accounts.models import Substation
from accounts.period import at_instant
from accounts.scope import current_utility_id
from control.alarms.rules import Rule
from control.alarms.verdicts import COLD_C, Place, Verdict, above, below, gathered, outside
from control.enums import TargetState
from control.models import Target, TargetTransition
from control.queries.stations import controllers_of
from metering.enums import DeviceKind, TagKind
from metering.models import Connectivity, Installation
from metering.queries.balance import unaccounted
from metering.queries.latest import latest_telemetry
from metering.queries.tags import registry

CORE: Final = (
    "secondary_supply_c",
    "secondary_return_c",
    "secondary_supply_target_c",
    "secondary_flow_l_h",
    "pressure_kpa",
    "outdoor_c",
    "make_up_flow_l_h",
)
# An older value is no statement about now; whoever says nothing else is silent.
FRESH: Final = timedelta(minutes=15)
HEARD_WITHIN: Final = timedelta(days=1)
# A clock may run a little ahead; a value from later than this says nothing.
AHEAD: Final = timedelta(minutes=5)
LEAK_OVER: Final = timedelta(hours=1)
# So long nobody can have missed it.
BALANCED_FOR: Final = timedelta(days=7)
METER_SILENT: Final = timedelta(days=1)
# Two neighbours' meters may lie in drawers; from this many on it is the building's radio.
LEAST_SILENT: Final = 3

# Of every building: its meters, those without a reading for a day, those with an unusable register of late.
METERS: Final = """
SELECT home.building_id, count(*) AS meters,
    count(*) FILTER (WHERE installed.starts_at < %(silent)s AND NOT EXISTS (
        SELECT 1 FROM metering_reading reading
        WHERE reading.device_id = installed.device_id AND reading.measured_at > %(silent)s)) AS silent,
    count(*) FILTER (WHERE EXISTS (
        SELECT 1 FROM metering_readingflag flag
        WHERE flag.device_id = installed.device_id AND flag.is_unusable AND flag.withdrawn_at IS NULL
            AND flag.found_at > %(silent)s)) AS faulty
FROM metering_installation installed
JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(kind)s
JOIN accounts_household home ON home.id = installed.household_id
WHERE installed.utility_id = %(utility)s AND installed.starts_at <= %(at)s
    AND (installed.ends_at IS NULL OR installed.ends_at > %(at)s)
GROUP BY home.building_id
"""

Rules = Mapping[str, Rule]
Telemetry = Mapping[tuple[int, str], tuple[float, datetime]]


@dataclass(frozen=True, slots=True)
class _Station:
    """One station's fresh values by signal, and how many minutes ago it was last heard."""

    pk: int
    values: Mapping[str, float]
    silent_min: float


def plant_verdicts(*, at: datetime, rules: Rules) -> list[Verdict]:
    """What the rules say of stations and gateways of the utility in scope at ``at``."""
    source_of = dict(Substation.objects.order_by("pk").values_list("pk", "source_id"))
    # Where no controller hangs there is nothing to hear.
    ids = sorted(controllers_of(list(source_of), at))
    heard = latest_telemetry(ids, CORE, at - HEARD_WITHIN, at + AHEAD)
    earlier = latest_telemetry(ids, ["pressure_kpa"], at - LEAK_OVER - FRESH, at - LEAK_OVER)
    rows = [
        *(verdict for pk in ids for verdict in _station(_seen(pk, heard, at=at), earlier, rules=rules)),
        *_targets(ids, heard, at=at, rules=rules),
        *_signals(ids, at=at),
    ]
    return [*gathered(rows, source_of=source_of), *_gateways(at=at, rules=rules), _ingest(at=at, rules=rules)]


def meter_verdicts(*, at: datetime, rules: Rules) -> list[Verdict]:
    """What the rules say of the meters of each building; walks all meters, so not for every minute."""
    values: dict[str, int | str | datetime] = {
        "at": at,
        "silent": at - METER_SILENT,
        "kind": DeviceKind.HEAT_METER,
        "utility": current_utility_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(METERS, values)
        rows = cursor.fetchall()
    return [verdict for row in rows for verdict in _meters(*row, rules=rules)]


def _seen(pk: int, heard: Telemetry, *, at: datetime) -> _Station:
    said = {tag: heard[pk, tag] for tag in CORE if (pk, tag) in heard}
    newest = max((instant for _value, instant in said.values()), default=at - HEARD_WITHIN)
    return _Station(
        pk=pk,
        values={tag: value for tag, (value, instant) in said.items() if at - instant <= FRESH},
        silent_min=max((at - newest).total_seconds() / 60, 0.0),
    )


def _station(station: _Station, earlier: Telemetry, *, rules: Rules) -> Iterator[Verdict]:
    place, said = Place(substation_id=station.pk), station.values
    rule = rules["silent_station"]
    yield above("silent_station", place, station.silent_min, limit=rule.threshold, hysteresis=0)
    if "outdoor_c" in said:
        is_cold = said["outdoor_c"] < COLD_C
        for kind, tag in (("no_flow", "secondary_flow_l_h"), ("frost", "secondary_return_c")):
            if tag in said:
                verdict = below(
                    kind, place, said[tag], limit=rules[kind].threshold, hysteresis=rules[kind].hysteresis
                )
                yield verdict if is_cold else Verdict(kind, place, broken=False, held=False)
    if "make_up_flow_l_h" in said:
        rule = rules["make_up"]
        yield above(
            "make_up", place, said["make_up_flow_l_h"], limit=rule.threshold, hysteresis=rule.hysteresis
        )
    before = earlier.get((station.pk, "pressure_kpa"))
    if "pressure_kpa" in said and before is not None:
        rule = rules["leak"]
        lost = before[0] - said["pressure_kpa"]
        yield above("leak", place, lost, limit=rule.threshold, hysteresis=rule.hysteresis)


def _targets(ids: list[int], heard: Telemetry, *, at: datetime, rules: Rules) -> Iterator[Verdict]:
    """The water against what it was told: our target where one stands, else the station's own setpoint."""
    last = TargetTransition.objects.filter(target=OuterRef("pk")).order_by("-pk").values("state")[:1]
    rows = Target.objects.filter(substation__in=ids, issued_at__lte=at, expires_at__gt=at - FRESH)
    newest = rows.order_by("substation_id", "-issued_at").distinct("substation_id")
    told = {row.substation_id: row for row in newest.annotate(reached=Subquery(last))}
    for pk in ids:
        target = told.get(pk)
        reached = getattr(target, "reached", "")
        if target is not None and reached in {
            TargetState.APPLIED,
            TargetState.REJECTED,
            TargetState.PUBLISHED,
        }:
            refused = reached == TargetState.REJECTED
            yield Verdict("refused", Place(substation_id=pk), broken=refused, held=refused)
        water = heard.get((pk, "secondary_supply_c"))
        wanted = heard.get((pk, "secondary_supply_target_c"))
        if target is not None and reached in {TargetState.APPLIED, TargetState.PUBLISHED}:
            wanted = (target.secondary_supply_c, at)
        if water is not None and wanted is not None and at - min(water[1], wanted[1]) <= FRESH:
            yield from _off_target(pk, water[0], wanted[0], rules=rules)


def _off_target(pk: int, water_c: float, wanted_c: float, *, rules: Rules) -> Iterator[Verdict]:
    place, low, high = Place(substation_id=pk), rules["supply_low"], rules["supply_high"]
    yield below("supply_low", place, water_c, limit=wanted_c - low.threshold, hysteresis=low.hysteresis)
    yield above("supply_high", place, water_c, limit=wanted_c + high.threshold, hysteresis=high.hysteresis)


def _signals(ids: list[int], *, at: datetime) -> Iterator[Verdict]:
    """Signals with limits in the registry, and the alarms the stations raise by themselves."""
    tags = {name: tag for name, tag in registry().items() if tag.is_limited or tag.kind == TagKind.ALARM}
    said = latest_telemetry(ids, list(tags), at - FRESH, at + AHEAD)
    for (pk, name), (value, _instant) in said.items():
        tag, place = tags[name], Place(substation_id=pk, tag=name)
        if tag.kind == TagKind.ALARM:
            is_on = value >= 0.5  # noqa: PLR2004 - 1 is on, 0 is off
            yield Verdict("station", place, broken=is_on, held=is_on, value=value)
        else:
            limits = (tag.alarm_low, tag.warning_low, tag.warning_high, tag.alarm_high)
            yield outside(place, value, limits)


def _gateways(*, at: datetime, rules: Rules) -> Iterator[Verdict]:
    hung = Installation.objects.filter(
        at_instant(at), device__kind=DeviceKind.GATEWAY, building__isnull=False
    ).values_list("device_id", "building_id")
    building_of = dict(hung)
    rule = rules["gateway_off"]
    for row in Connectivity.objects.filter(device__in=building_of):
        place = Place(building_id=building_of[row.device_id])
        minutes = 0.0 if row.online else (at - row.at).total_seconds() / 60
        yield above("gateway_off", place, minutes, limit=rule.threshold, hysteresis=0)


def _ingest(*, at: datetime, rules: Rules) -> Verdict:
    amiss = unaccounted(since=at - BALANCED_FOR)
    return above("unaccounted", Place(), amiss, limit=rules["unaccounted"].threshold, hysteresis=0)


def _meters(building_id: int, meters: int, silent: int, faulty: int, *, rules: Rules) -> Iterator[Verdict]:
    place, rule = Place(building_id=building_id), rules["meters_silent"]
    share = 100 * silent / meters if silent >= LEAST_SILENT else 0.0
    yield above("meters_silent", place, share, limit=rule.threshold, hysteresis=rule.hysteresis)
    yield above("meter_faults", place, faulty, limit=rules["meter_faults"].threshold, hysteresis=0)
