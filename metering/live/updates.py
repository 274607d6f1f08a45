"""The way in: what ingestion has stored goes to Valkey, and from there to every live process."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final, Literal

import orjson
import redis
from django.conf import settings
from prometheus_client import Counter
from redis.commands.core import Script

logger = logging.getLogger(__name__)

Kind = Literal["room", "meter"]

# A Valkey that does not answer costs ingestion at most this long for a batch.
PATIENCE_SECONDS: Final = 1.0
# Valkey serves nobody else while a script runs: 500 updates are about 5 ms.
SCRIPT_UPDATES: Final = 500

LOST = Counter("hearthline_live_lost_updates", "Updates that could not be handed to Valkey")

# A home's hash holds its epoch, its count, and each device's newest frame behind its measured_at and seq.
# What is not newer than the frame already there is history, not news: it is stored, and not sent.
PUBLISH: Final = """
local sent = 0
for i, key in ipairs(KEYS) do
    local field, measured_us, body = ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1]
    local known = server.call('HGET', key, field)
    if not known or tonumber(string.match(known, '^%-?%d+')) < tonumber(measured_us) then
        server.call('HSETNX', key, 'epoch', ARGV[1])
        local epoch = server.call('HGET', key, 'epoch')
        local seq = string.format('%d', server.call('HINCRBY', key, 'seq', 1))
        local frame = '{"type":"update","epoch":"' .. epoch .. '","seq":' .. seq .. ',' .. body
        server.call('HSET', key, field, measured_us .. ' ' .. seq .. ' ' .. frame)
        server.call('PUBLISH', key, field .. ' ' .. epoch .. ' ' .. seq .. ' ' .. frame)
        sent = sent + 1
    end
end
return sent
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveUpdate:
    """A device's new values in a home; they are stored already."""

    household_id: int
    kind: Kind
    device_id: int
    measured_at: datetime
    values: Mapping[str, float | int | None]


def publish(updates: Sequence[LiveUpdate]) -> None:
    """Send the newest update of each device on to the phones; call it after the commit.

    Never raises: the readings are safe, and the next snapshot shows them. What could not be sent is counted.
    """
    newest = _newest(updates)
    try:
        for some in _chunks(newest):
            _send(some)
    except redis.RedisError as error:
        LOST.inc(len(newest))
        logger.warning("%d live updates lost: %s", len(newest), error)


def home_key(household_id: int) -> str:
    """The hash of a home in Valkey, and the name of its channel."""
    return f"live:home:{household_id}"


def _newest(updates: Iterable[LiveUpdate]) -> list[LiveUpdate]:
    by_device: dict[tuple[int, int, Kind], LiveUpdate] = {}
    for update in updates:
        key = (update.household_id, update.device_id, update.kind)
        known = by_device.get(key)
        if known is None or known.measured_at < update.measured_at:
            by_device[key] = update
    return list(by_device.values())


def _chunks(updates: Sequence[LiveUpdate]) -> Iterator[Sequence[LiveUpdate]]:
    for start in range(0, len(updates), SCRIPT_UPDATES):
        yield updates[start : start + SCRIPT_UPDATES]


def _send(updates: Sequence[LiveUpdate]) -> None:
    keys = [home_key(update.household_id) for update in updates]
    arguments: list[str | int | bytes] = [secrets.token_hex(6)]
    for update in updates:
        measured_us = round(update.measured_at.timestamp() * 1_000_000)
        arguments += [f"{update.kind}:{update.device_id}", measured_us, _body(update)]
    _script()(keys=keys, args=arguments)


def _body(update: LiveUpdate) -> bytes:
    """The frame from its household on, without the opening brace: epoch and seq are put before it."""
    body = {
        "household": str(update.household_id),
        "kind": update.kind,
        "device": update.device_id,
        "measured_at": update.measured_at.astimezone(UTC),
        "values": dict(update.values),
    }
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)[1:]


@cache
def _script() -> Script:
    client = redis.Redis.from_url(
        settings.VALKEY_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
    return client.register_script(PUBLISH)
