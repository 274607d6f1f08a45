"""The watch over the minimum: what it finds is recorded with its evidence, and a ticket is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import Household, Utility
from accounts.scope import current_utility_id
from comfort.enums import EntryKind, TicketState
from comfort.models import ColdSpell, ColdTicket, Room, TicketEntry
from comfort.queries.cold import (
    SILENT_AFTER,
    RoomSeen,
    cold_rooms,
    cold_since,
    last_words,
    rooms_seen,
    warm_since,
)
from metering.queries.latest import latest_telemetry

# The signals of the plant that belong to the evidence.
SIGNALS: Final = ("outdoor_c", "secondary_supply_c", "secondary_supply_target_c", "secondary_return_c")
SIGNAL_FRESH: Final = timedelta(hours=2)

# A value stands until the next one, an hour at most: silence is not cold.
EXTENT: Final = """
UPDATE comfort_coldspell spell
SET lowest_c = LEAST(spell.lowest_c, extent.lowest), shortfall_k_h = extent.shortfall
FROM (
    SELECT id, min(temperature_c) AS lowest,
        sum(GREATEST(minimum_c - temperature_c, 0)
            * LEAST(EXTRACT(epoch FROM following - measured_at) / 3600, 1)) AS shortfall
    FROM (
        SELECT open.id, open.minimum_c, value.temperature_c, value.measured_at,
            COALESCE(lead(value.measured_at) OVER (PARTITION BY open.id ORDER BY value.measured_at),
                value.measured_at) AS following
        FROM comfort_coldspell open
        JOIN metering_roomtemperature value ON value.device_id = open.sensor_id
            AND value.measured_at >= open.starts_at AND value.measured_at <= %(at)s
            AND value.temperature_c BETWEEN 5 AND 35
        WHERE open.ends_at IS NULL AND open.utility_id = %(utility)s
    ) valued GROUP BY id
) extent
WHERE spell.id = extent.id AND spell.ends_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """How many spells began and ended in one round."""

    began: int
    ended: int


@transaction.atomic
def watch_rooms(*, at: datetime, heat_due: bool = True) -> Watched:
    """One round over all homes of the utility in scope: begin, extend and end the times under the minimum.

    ``heat_due`` is false outside the heating season: then nothing begins and what runs ends. Running it
    twice for the same instant changes nothing the second time.
    """
    # Rounds take turns, or two would open the same spell; nobody else is kept from making rows here.
    utility = Utility.objects.select_for_update(no_key=True).get(pk=current_utility_id())
    minimum_c = float(utility.minimum_room_c)
    _extend(utility, at)
    ended = _end(at=at, minimum_c=minimum_c, heat_due=heat_due)
    if not heat_due:
        return Watched(began=0, ended=ended)
    running = set(ColdSpell.objects.filter(ends_at=None).values_list("household_id", flat=True))
    cold = [room for room in cold_rooms(at=at, below_c=minimum_c) if room.household_id not in running]
    return Watched(began=_begin(cold, at=at, minimum_c=minimum_c), ended=ended)


def _extend(utility: Utility, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(EXTENT, {"at": at, "utility": utility.pk})


def _end(*, at: datetime, minimum_c: float, heat_due: bool) -> int:
    """End what is over: warm again, silent for a day, or no heat due any more."""
    running = list(ColdSpell.objects.filter(ends_at=None))
    homes = [spell.household_id for spell in running]
    if not homes:
        return 0
    warm = warm_since(at=at, household_ids=homes, minimum_c=minimum_c)
    last = last_words(at=at, household_ids=homes)
    over: list[tuple[ColdSpell, EntryKind]] = []
    for spell in running:
        kind, ends_at = _fate(spell, at=at, heat_due=heat_due, warm=warm, last=last)
        if kind is not None:
            # An end must follow the start, whatever the clocks say.
            spell.ends_at = max(ends_at, spell.starts_at + timedelta(seconds=1))
            over.append((spell, kind))
    ColdSpell.objects.bulk_update([spell for spell, _kind in over], ["ends_at"])
    TicketEntry.objects.bulk_create(
        TicketEntry(ticket_id=spell.ticket_id, at=at, kind=kind) for spell, kind in over
    )
    return len(over)


def _fate(
    spell: ColdSpell,
    *,
    at: datetime,
    heat_due: bool,
    warm: Mapping[int, datetime],
    last: Mapping[int, datetime],
) -> tuple[EntryKind | None, datetime]:
    """What ends the spell and since when; nothing, while it is still cold."""
    if not heat_due:
        return EntryKind.UNDUE, at
    if spell.household_id in warm:
        return EntryKind.WARM, warm[spell.household_id]
    if at - last.get(spell.household_id, spell.starts_at) > SILENT_AFTER:
        return EntryKind.SILENT, last.get(spell.household_id, spell.confirmed_at)
    return None, at


def _begin(cold: Sequence[RoomSeen], *, at: datetime, minimum_c: float) -> int:
    # A home's coldest room comes first and stands for it.
    rooms = [next(group) for _home, group in groupby(cold, key=lambda room: room.household_id)]
    if not rooms:
        return 0
    homes = [room.household_id for room in rooms]
    began = cold_since(at=at, sensor_ids=[room.sensor_id for room in rooms], below_c=minimum_c)
    before = _last_ends(homes)
    tickets = _tickets(homes, at=at)
    named = dict(
        Room.objects.filter(household__in=homes, sensor__isnull=False).values_list("sensor_id", "pk")
    )
    evidence = _evidence(homes, at=at)
    ColdSpell.objects.bulk_create(
        ColdSpell(
            ticket=tickets[room.household_id],
            household_id=room.household_id,
            room_id=named.get(room.sensor_id),
            sensor_id=room.sensor_id,
            starts_at=max(
                filter(None, (began.get(room.sensor_id, room.first_at), before.get(room.household_id)))
            ),
            confirmed_at=at,
            minimum_c=minimum_c,
            lowest_c=room.lowest_c,
            evidence=evidence[room.household_id],
        )
        for room in rooms
    )
    TicketEntry.objects.bulk_create(
        TicketEntry(ticket=tickets[home], at=at, kind=EntryKind.COLD) for home in homes
    )
    return len(rooms)


def _last_ends(homes: Collection[int]) -> dict[int, datetime]:
    """When each home's last spell ended: after a silence the next must not reach back into it."""
    rows = ColdSpell.objects.filter(household__in=homes, ends_at__isnull=False)
    return {
        row["household_id"]: row["last"] for row in rows.values("household_id").annotate(last=Max("ends_at"))
    }


def _tickets(homes: Collection[int], *, at: datetime) -> dict[int, ColdTicket]:
    """Each home's open ticket; a new one where there is none."""
    rows = ColdTicket.objects.filter(household__in=homes).exclude(state=TicketState.CLOSED)
    found = {ticket.household_id: ticket for ticket in rows}
    made = ColdTicket.objects.bulk_create(
        ColdTicket(household_id=home, opened_at=at) for home in homes if home not in found
    )
    return found | {ticket.household_id: ticket for ticket in made}


def _evidence(homes: Collection[int], *, at: datetime) -> dict[int, dict[str, Any]]:
    """All rooms of each home in the window, the plant beside them, each value with its instant."""
    named = dict(
        Room.objects.filter(household__in=homes, sensor__isnull=False).values_list("sensor_id", "name")
    )
    station = dict(Household.objects.filter(pk__in=homes).values_list("pk", "building__substation_id"))
    plant = latest_telemetry(list(set(station.values())), SIGNALS, at - SIGNAL_FRESH)
    evidence: dict[int, dict[str, Any]] = {
        home: {
            "seen_at": at.isoformat(),
            "rooms": [],
            "plant": {
                tag: {"value": round(plant[key][0], 2), "at": plant[key][1].isoformat()}
                for tag in SIGNALS
                for key in [(station[home], tag)]
                if key in plant
            },
        }
        for home in homes
    }
    for room in rooms_seen(at=at, household_ids=homes):
        evidence[room.household_id]["rooms"].append(
            {
                "room": named.get(room.sensor_id, ""),
                "sensor": room.sensor_id,
                "values": room.values,
                "lowest_c": round(room.lowest_c, 2),
                "mean_c": round(room.mean_c, 2),
                "newest_c": round(room.newest_c, 2),
                "from": room.first_at.isoformat(),
                "to": room.last_at.isoformat(),
            }
        )
    return evidence
