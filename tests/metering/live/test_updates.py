from datetime import UTC, datetime, timedelta
from typing import cast

import orjson
import pytest
import redis
from django.conf import settings
from prometheus_client import REGISTRY
from pytest_django import Settings

from metering.live import LiveUpdate, publish, updates

MORNING = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def valkey() -> redis.Redis:
    client = redis.Redis.from_url(settings.VALKEY_URL, decode_responses=True)
    client.flushdb()
    return client


def a_room(
    *, household_id: int = 12, device_id: int = 7, minutes: int = 0, room_c: float = 21.4
) -> LiveUpdate:
    return LiveUpdate(
        household_id=household_id,
        kind="room",
        device_id=device_id,
        measured_at=MORNING + timedelta(minutes=minutes),
        values={"temperature_c": room_c},
    )


def frames(valkey: redis.Redis, household_id: int = 12) -> dict[str, dict[str, object]]:
    stored = cast("dict[str, str]", valkey.hgetall(updates.home_key(household_id)))
    return {
        field: orjson.loads(text.split(" ", 2)[2])
        for field, text in stored.items()
        if field not in {"epoch", "seq"}
    }


def test_an_update_is_remembered_as_the_frame_a_client_will_see(valkey: redis.Redis) -> None:
    publish([a_room()])
    epoch = valkey.hget("live:home:12", "epoch")
    assert frames(valkey) == {
        "room:7": {
            "type": "update",
            "epoch": epoch,
            "seq": 1,
            "household": "12",
            "kind": "room",
            "device": 7,
            "measured_at": "2026-01-05T06:00:00Z",
            "values": {"temperature_c": 21.4},
        }
    }


def test_an_update_reaches_who_listens_to_the_home_and_nobody_else(valkey: redis.Redis) -> None:
    with valkey.pubsub(ignore_subscribe_messages=True) as ours:  # type: ignore[no-untyped-call] # redis-py has no type here
        ours.subscribe("live:home:12")
        ours.get_message(timeout=5)
        publish([a_room(household_id=13), a_room()])
        message = ours.get_message(timeout=5)
        assert message is not None
        epoch = valkey.hget("live:home:12", "epoch")
        assert message["data"].startswith(f'room:7 {epoch!s} 1 {{"type":"update"')
        assert ours.get_message(timeout=0.1) is None


def test_seq_counts_the_updates_of_one_home_across_batches(valkey: redis.Redis) -> None:
    publish([a_room(device_id=7), a_room(device_id=8)])
    publish([a_room(household_id=13), a_room(device_id=7, minutes=5)])
    assert {field: frame["seq"] for field, frame in frames(valkey).items()} == {"room:7": 3, "room:8": 2}
    assert valkey.hget("live:home:13", "seq") == "1"


def test_of_one_batch_only_the_newest_value_of_a_device_is_sent(valkey: redis.Redis) -> None:
    publish([a_room(minutes=5, room_c=22.0), a_room(minutes=0, room_c=21.0)])
    assert valkey.hget("live:home:12", "seq") == "1"
    assert frames(valkey)["room:7"]["values"] == {"temperature_c": 22.0}


def test_history_that_arrives_late_is_not_news(valkey: redis.Redis) -> None:
    publish([a_room(minutes=60, room_c=22.0)])
    publish([a_room(minutes=0, room_c=19.0)])
    assert valkey.hget("live:home:12", "seq") == "1"
    assert frames(valkey)["room:7"]["values"] == {"temperature_c": 22.0}


def test_the_meter_and_the_rooms_of_a_home_do_not_displace_each_other(valkey: redis.Redis) -> None:
    meter = LiveUpdate(
        household_id=12,
        kind="meter",
        device_id=7,
        measured_at=MORNING,
        values={"energy_wh": 6_884_000, "power_w": None},
    )
    publish([a_room(), meter])
    assert frames(valkey)["meter:7"]["values"] == {"energy_wh": 6_884_000, "power_w": None}
    assert frames(valkey)["room:7"]["values"] == {"temperature_c": 21.4}


def test_a_batch_larger_than_one_script_is_sent_whole(valkey: redis.Redis) -> None:
    publish([a_room(device_id=number) for number in range(1, 1202)])
    assert valkey.hget("live:home:12", "seq") == "1201"


def test_an_epoch_begins_anew_when_valkey_has_forgotten_the_home(valkey: redis.Redis) -> None:
    publish([a_room()])
    before = valkey.hget("live:home:12", "epoch")
    valkey.flushdb()
    publish([a_room(minutes=5)])
    assert valkey.hget("live:home:12", "epoch") != before
    assert valkey.hget("live:home:12", "seq") == "1"


def test_an_unreachable_valkey_never_raises_into_ingestion_and_the_loss_is_counted(
    settings: Settings,
) -> None:
    updates._script.cache_clear()
    settings.VALKEY_URL = "redis://127.0.0.1:1/0"
    before = REGISTRY.get_sample_value("hearthline_live_lost_updates_total") or 0
    try:
        publish([a_room(device_id=1), a_room(device_id=2)])
    finally:
        updates._script.cache_clear()
    assert REGISTRY.get_sample_value("hearthline_live_lost_updates_total") == before + 2
