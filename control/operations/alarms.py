"""One round of the watch over the plant, and what people do about what it finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User, Utility
from accounts.scope import current_utility_id
from control.alarms.debounce import Key, Step, Watch, step
from control.alarms.rules import Rule
from control.alarms.verdicts import Place, Verdict
from control.enums import AlarmKind, AlarmStep
from control.models import Alarm, AlarmEntry, AlarmWatch
from control.queries.alarm_facts import meter_verdicts, plant_verdicts
from control.queries.alarms import rules

# Looked at by building and seldom; all others are the plant's, every minute.
OF_METERS: Final = frozenset({AlarmKind.METERS_SILENT, AlarmKind.METER_FAULTS})
OF_PLANT: Final = frozenset(AlarmKind) - OF_METERS
# What comes back this soon is the same alarm again: a chattering one fills no list.
SAME_AGAIN: Final = timedelta(hours=1)


class AlarmError(ValueError):
    """A step that cannot be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How many alarms one round raised and cleared."""

    raised: int
    cleared: int


@transaction.atomic
def watch_plant(*, at: datetime) -> Watched:
    """One round over stations and gateways of the utility in scope; running it twice changes nothing."""
    held = _my_turn()
    return _round(plant_verdicts(at=at, rules=held), kinds=OF_PLANT, held=held, at=at)


@transaction.atomic
def watch_meters(*, at: datetime) -> Watched:
    """One round over the meters."""
    held = _my_turn()
    return _round(meter_verdicts(at=at, rules=held), kinds=OF_METERS, held=held, at=at)


@transaction.atomic
def acknowledge_alarms(*, alarm_ids: Collection[int], by: User, at: datetime, note: str = "") -> int:
    """Say that somebody sees to them; how many were not acknowledged yet. Once acknowledged stays so."""
    rows = list(Alarm.objects.select_for_update().filter(pk__in=alarm_ids, acknowledged_at=None))
    for alarm in rows:
        alarm.acknowledged_at, alarm.acknowledged_by = at, by
    Alarm.objects.bulk_update(rows, ["acknowledged_at", "acknowledged_by"])
    _enter(rows, AlarmStep.ACKNOWLEDGED, at=at, by=by, note=note)
    return len(rows)


@transaction.atomic
def note_alarm(*, alarm_id: int, by: User, at: datetime, note: str) -> None:
    """Write something down beside an alarm.

    Raises:
        AlarmError: nothing was said.
    """
    if not note.strip():
        raise AlarmError(_("Say what it is about."))
    _enter([Alarm.objects.get(pk=alarm_id)], AlarmStep.NOTE, at=at, by=by, note=note)


def _my_turn() -> dict[str, Rule]:
    """Rounds take turns on the utility's row; nobody else is kept from making rows under it."""
    Utility.objects.select_for_update(no_key=True).get(pk=current_utility_id())
    return rules()


def _round(
    verdicts: Iterable[Verdict], *, kinds: Collection[str], held: dict[str, Rule], at: datetime
) -> Watched:
    known = {
        (row.kind, _place(row)): Watch(row.since, is_raised=row.is_raised, kept_since=row.kept_since)
        for row in AlarmWatch.objects.filter(kind__in=kinds)
    }
    done = step(known, verdicts, rules=held, at=at)
    _raise(done, held=held, at=at)
    _clear(done.cleared, at=at)
    _refresh(done.standing, held=held)
    if done.watches != known:
        AlarmWatch.objects.filter(kind__in=kinds).delete()
        AlarmWatch.objects.bulk_create(
            AlarmWatch(
                **_columns(key),
                since=watch.since,
                is_raised=watch.is_raised,
                kept_since=watch.kept_since,
            )
            for key, watch in done.watches.items()
        )
    return Watched(raised=len(done.raised), cleared=len(done.cleared))


def _raise(done: Step, *, held: dict[str, Rule], at: datetime) -> None:
    """New alarms; what had cleared a short while ago stands again instead."""
    lately = Alarm.objects.filter(cleared_at__gt=at - SAME_AGAIN).order_by("cleared_at")
    cleared = {(alarm.kind, _place(alarm)): alarm for alarm in lately}
    again = [cleared[verdict.key] for verdict in done.raised if verdict.key in cleared]
    for alarm in again:
        alarm.cleared_at = None
    Alarm.objects.bulk_update(again, ["cleared_at"])
    made = Alarm.objects.bulk_create(
        Alarm(
            **_columns(verdict.key),
            severity=verdict.severity or held[verdict.kind].severity,
            began_at=done.watches[verdict.key].since,
            raised_at=at,
            value=verdict.value,
            limit=verdict.limit,
            stations=verdict.count,
        )
        for verdict in done.raised
        if verdict.key not in cleared
    )
    _enter(again, AlarmStep.RETURNED, at=at)
    _enter(made, AlarmStep.RAISED, at=at)


def _clear(keys: Collection[Key], *, at: datetime) -> None:
    over = set(keys)
    if not over:
        return
    rows = [alarm for alarm in Alarm.objects.filter(cleared_at=None) if (alarm.kind, _place(alarm)) in over]
    for alarm in rows:
        alarm.cleared_at = at
    Alarm.objects.bulk_update(rows, ["cleared_at"])
    _enter(rows, AlarmStep.CLEARED, at=at)


def _refresh(standing: Collection[Verdict], *, held: dict[str, Rule]) -> None:
    """Keep the figures of what stands up to date."""
    said = {verdict.key: verdict for verdict in standing}
    rows = [alarm for alarm in Alarm.objects.filter(cleared_at=None) if (alarm.kind, _place(alarm)) in said]
    for alarm in rows:
        verdict = said[alarm.kind, _place(alarm)]
        if verdict.broken:
            alarm.value, alarm.limit, alarm.stations = verdict.value, verdict.limit, verdict.count
            alarm.severity = verdict.severity or held[verdict.kind].severity
    Alarm.objects.bulk_update(rows, ["value", "limit", "stations", "severity"])


def _enter(
    alarms: Collection[Alarm], kind: AlarmStep, *, at: datetime, by: User | None = None, note: str = ""
) -> None:
    AlarmEntry.objects.bulk_create(
        AlarmEntry(alarm=alarm, at=at, step=kind, author=by, note=note) for alarm in alarms
    )


def _place(row: Alarm | AlarmWatch) -> Place:
    return Place(
        substation_id=row.substation_id, building_id=row.building_id, source_id=row.source_id, tag=row.tag
    )


def _columns(key: Key) -> dict[str, Any]:
    kind, place = key
    return {
        "kind": kind,
        "substation_id": place.substation_id,
        "building_id": place.building_id,
        "source_id": place.source_id,
        "tag": place.tag,
    }
