from __future__ import annotations

import json
from datetime import datetime, timedelta
from queue import SimpleQueue
from uuid import UUID

from control.twin import town
from control.twin.actor import METER_EVERY_S, ROOM_EVERY_S, STATION_EVERY_S, Actor
from control.twin.history import Saying
from tests.control.twin.layouts import MIDWINTER, a_layout

TOWN = town.build(a_layout(buildings=2), seed=5)
START = MIDWINTER + timedelta(minutes=20)


class Stage:
    """An actor whose words are kept, and a clock moved by hand."""

    def __init__(self, *, start: datetime = START, speed: float = 1.0) -> None:
        """Everybody stands where they warmed up to at ``start``."""
        self.said: list[tuple[datetime, Saying]] = []
        self.orders: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self.now = start
        self.actor = Actor(
            TOWN,
            state=town.opening(TOWN, at=start),
            say=lambda saying: self.said.append((self.now, saying)),
            orders=self.orders,
            speed=speed,
        )

    def play(self, *, seconds: float, step: float = 0.5) -> None:
        """Tick until ``seconds`` have passed."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now += timedelta(seconds=step)
            self.actor.tick(self.now)

    def values(self, channel: str) -> int:
        """How many values went out on ``channel``."""
        return sum(len(saying.values) for _at, saying in self.said if saying.channel == channel)


def order(*, supply_c: float, now: datetime) -> bytes:
    body = {
        "command": str(UUID(int=3)),
        "issued_at": now.isoformat(),
        "expires_at": (now + timedelta(minutes=30)).isoformat(),
        "secondary_supply_c": supply_c,
    }
    return json.dumps(body).encode()


def test_at_the_first_tick_everybody_speaks() -> None:
    stage = Stage()
    stage.play(seconds=0.5)
    assert stage.values("reading") == 20
    assert stage.values("temperature") >= 18
    assert stage.values("telemetry") == 1


def test_then_each_has_its_turn_once_a_period() -> None:
    stage = Stage()
    stage.play(seconds=0.5)
    stage.said.clear()
    stage.play(seconds=METER_EVERY_S)
    assert stage.values("reading") == 20
    assert 0.95 * 80 <= stage.values("temperature") <= 20 * METER_EVERY_S / ROOM_EVERY_S
    assert stage.values("telemetry") == METER_EVERY_S / STATION_EVERY_S


def test_turns_are_spread_so_that_something_moves_every_few_seconds() -> None:
    stage = Stage()
    stage.play(seconds=0.5)
    stage.said.clear()
    stage.play(seconds=ROOM_EVERY_S)
    moments = [at for at, saying in stage.said if saying.channel == "temperature"]
    assert len(set(moments)) > 10


def test_a_meter_keeps_the_register_of_the_whole_hour() -> None:
    stage = Stage(start=MIDWINTER + timedelta(minutes=59, seconds=59))
    stage.play(seconds=0.5)
    stage.said.clear()
    stage.play(seconds=1.0)
    hour = "2026-01-10T05:00:00.000Z"
    instants = [
        value.get("measured_at", value.get("timestamp"))
        for _at, saying in stage.said
        if saying.channel == "reading"
        for value in saying.values
    ]
    assert instants.count(hour) == 20


def test_a_pause_of_hours_leaves_out_no_hour() -> None:
    stage = Stage()
    stage.play(seconds=3 * 3600, step=3 * 3600)
    instants = {
        value.get("measured_at", value.get("timestamp"))
        for _at, saying in stage.said
        if saying.channel == "reading"
        for value in saying.values
    }
    assert {f"2026-01-10T0{hour}:00:00.000Z" for hour in (5, 6, 7)} <= instants


def test_an_order_moves_the_water_and_then_the_rooms() -> None:
    cold, warm = Stage(speed=60), Stage(speed=60)
    warm.orders.put((0, order(supply_c=70.0, now=warm.now)))
    for stage in (cold, warm):
        stage.play(seconds=600, step=2)
    acks = [saying for _at, saying in warm.said if saying.channel == "ack"]
    assert [ack.values[0]["state"] for ack in acks] == ["applied"]
    assert warm.actor.state.stations.supply_c[0] > cold.actor.state.stations.supply_c[0] + 10
    assert (warm.actor.state.air_c > cold.actor.state.air_c).all()


def test_telegram_gateways_forward_one_by_one_and_native_ones_in_lists() -> None:
    stage = Stage()
    stage.play(seconds=0.5)
    lengths = {
        speaker: {len(s.values) for _at, s in stage.said if (s.speaker, s.channel) == (speaker, "reading")}
        for speaker in ("gw-1", "gw-2")
    }
    assert lengths == {"gw-1": {10}, "gw-2": {1}}
