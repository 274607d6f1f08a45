"""Who may speak and for whom, as the ingestor remembers it.

What is missing is looked up, all of a batch in one statement, so a device registered a moment ago is known
to the next message. What is remembered may be as old as the last `forget`; its owner calls that every few
seconds, so a device that was moved or removed is noticed then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from metering.enums import DeviceKind

# Who may speak on a channel for itself, and what a gateway may carry on it.
SPEAKERS: Final = {
    "reading": DeviceKind.HEAT_METER,
    "temperature": DeviceKind.ROOM_SENSOR,
    "telemetry": DeviceKind.SUBSTATION_CONTROLLER,
}
SENDERS: Final = """
SELECT utility.slug, device.identity, device.id, device.utility_id, device.kind, device.serial
FROM unnest(%s::text[], %s::text[]) AS wanted(slug, identity)
JOIN accounts_utility utility ON utility.slug = wanted.slug
JOIN metering_device device ON device.utility_id = utility.id AND device.identity = wanted.identity
"""
CARRIED: Final = """
SELECT device.gateway_id, device.kind, device.serial, device.id
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS wanted(gateway_id, kind, serial)
JOIN metering_device device ON device.gateway_id = wanted.gateway_id
  AND device.kind = wanted.kind AND device.serial = wanted.serial
"""
HOMES: Final = """
SELECT device_id, household_id, starts_at, ends_at FROM metering_installation
WHERE device_id = ANY(%s) AND household_id IS NOT NULL
"""
# By the utility's own path to it first, then by its name; with the range the utility gave it.
TAGS: Final = """
SELECT wanted.utility_id, wanted.name, tag.id, COALESCE(own.low, tag.low), COALESCE(own.high, tag.high),
       COALESCE(path.factor, 1), COALESCE(path.offset, 0)
FROM unnest(%s::bigint[], %s::text[]) AS wanted(utility_id, name)
LEFT JOIN metering_tagpath path ON path.utility_id = wanted.utility_id AND path.path = wanted.name
JOIN metering_telemetrytag tag ON tag.id = path.tag_id OR (path.id IS NULL AND tag.name = wanted.name
    AND (tag.utility_id IS NULL OR tag.utility_id = wanted.utility_id))
LEFT JOIN metering_taglimits own ON own.utility_id = wanted.utility_id AND own.tag_id = tag.id
"""
UTILITIES: Final = "SELECT slug, id, time_zone FROM accounts_utility WHERE slug = ANY(%s)"

SenderKey = tuple[str, str]  # utility's slug, identity
CarriedKey = tuple[int, str, str]  # gateway, kind, serial number
TagKey = tuple[int, str]  # utility, name or path


class Sender(NamedTuple):
    """A registered device that signs in to the broker."""

    device_id: int
    utility_id: int
    kind: str
    serial: str


class KnownTag(NamedTuple):
    """A plant signal, its sane range, and how what a controller says becomes its value."""

    id: int
    low: float
    high: float
    factor: float
    offset: float


class _Stay(NamedTuple):
    household_id: int
    starts_at: datetime
    ends_at: datetime | None


class Registry:
    """A memory of devices, for one process; not shared between threads."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._senders: dict[SenderKey, Sender] = {}
        self._carried: dict[CarriedKey, int] = {}
        self._stays: dict[int, list[_Stay]] = {}
        self._tags: dict[TagKey, KnownTag] = {}
        self._utilities: dict[str, int] = {}
        self._zones: dict[str, ZoneInfo] = {}

    def forget(self) -> None:
        """Ask again for everything."""
        memories = (self._senders, self._carried, self._stays, self._tags, self._utilities, self._zones)
        for memory in memories:
            memory.clear()

    def senders(self, keys: Collection[SenderKey]) -> dict[SenderKey, Sender]:
        """The registered ones of ``keys``."""
        # What is unknown is not remembered: the next message may come from a device registered meanwhile.
        if missing := [key for key in keys if key not in self._senders]:
            slugs, identities = _columns(missing)
            for slug, identity, *sender in _rows(SENDERS, slugs, identities):
                self._senders[slug, identity] = Sender(*sender)
        return self._senders

    def carried(self, keys: Collection[CarriedKey]) -> dict[CarriedKey, int]:
        """The devices that hang on a gateway, by gateway, kind and serial number."""
        if missing := [key for key in keys if key not in self._carried]:
            for gateway_id, kind, serial, device_id in _rows(CARRIED, *_columns(missing)):
                self._carried[gateway_id, kind, serial] = device_id
        return self._carried

    def tags(self, keys: Collection[TagKey]) -> dict[TagKey, KnownTag]:
        """The plant signals known to each utility, by the names its controllers use."""
        if missing := [key for key in keys if key not in self._tags]:
            for utility_id, name, *tag in _rows(TAGS, *_columns(missing)):
                self._tags[utility_id, name] = KnownTag(*tag)
        return self._tags

    def utilities(self, slugs: Collection[str]) -> dict[str, int]:
        """The utilities' primary keys, by slug."""
        if missing := [slug for slug in slugs if slug not in self._utilities]:
            for slug, utility_id, time_zone in _rows(UTILITIES, missing):
                self._utilities[slug] = utility_id
                self._zones[slug] = ZoneInfo(time_zone)
        return self._utilities

    def zone(self, slug: str) -> ZoneInfo | None:
        """The clock of a utility that was looked up."""
        return self._zones.get(slug)

    def learn_homes(self, device_ids: Iterable[int]) -> None:
        """Look up where the devices hang and hung, those not known yet."""
        missing = {device_id for device_id in device_ids if device_id not in self._stays}
        if not missing:
            return
        self._stays |= {device_id: [] for device_id in missing}
        for device_id, *stay in _rows(HOMES, list(missing)):
            self._stays[device_id].append(_Stay(*stay))

    def home_at(self, device_id: int, at: datetime) -> int | None:
        """The household in which a learnt device hung at ``at``."""
        for stay in self._stays.get(device_id, ()):
            if stay.starts_at <= at and (stay.ends_at is None or at < stay.ends_at):
                return stay.household_id
        return None


def _rows(statement: str, *columns: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _columns(keys: Collection[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*keys, strict=True)]
