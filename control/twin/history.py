"""The season so far, told on the same topics as the present: long lists, oldest first, at a pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import paho.mqtt.client as paho

from control.twin import community, instruments, messages
from control.twin.community import Plant, State
from control.twin.instruments import Instruments
from control.twin.layout import Layout, Meter, RoomSensor
from control.twin.messages import Message
from control.twin.noise import Floats

HOUR: Final = timedelta(hours=1)
# A message holds this many hours: 20 meters make about 100 kB, far below what brokers take.
HOURS_A_MESSAGE: Final = 24
ACK_SECONDS: Final = 60
LINE_SECONDS: Final = 0.1

Setpoints = Callable[[State], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One message of the past: who says what on which channel, and how many values that is."""

    speaker: str
    channel: str
    values: list[Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """The community at a whole hour of the past, and what its stations aimed at."""

    state: State
    setpoint_c: Floats


class UnheardError(RuntimeError):
    """The broker did not acknowledge a message of the past in time; it is told again after a restart."""


def whole_hour(at: datetime) -> datetime:
    """The last whole hour up to ``at``."""
    return at.replace(minute=0, second=0, microsecond=0)


def relive(plant: Plant, state: State, *, to: datetime, setpoints: Setpoints) -> Iterator[Hour]:
    """Every whole hour from ``state.at`` on, and at last the instant ``to`` itself.

    The same start gives the same hours, so a history that was cut short can be told again.
    """
    if state.at == whole_hour(state.at):
        yield Hour(state=state, setpoint_c=setpoints(state))
    while state.at < to:
        setpoint_c = setpoints(state)
        following = min(whole_hour(state.at) + HOUR, to)
        state = community.advance(plant, state, to=following, setpoint_c=setpoint_c)
        yield Hour(state=state, setpoint_c=setpoint_c)


def sayings(layout: Layout, plant: Plant, of: Instruments, hours: Sequence[Hour]) -> Iterator[list[Saying]]:
    """The past as batches of messages, day by day: first meters and stations, then the rooms."""
    days = [hours[first : first + HOURS_A_MESSAGE] for first in range(0, len(hours), HOURS_A_MESSAGE)]
    for day in days:
        yield [*_metered(layout, plant, of, day), *_stations(layout, day)]
    for day in days:
        yield list(_rooms(layout, of, day))


def _metered(layout: Layout, plant: Plant, of: Instruments, day: Sequence[Hour]) -> Iterator[Saying]:
    faces = [instruments.meter_faces(of, hour.state, flow_l_h=plant.homes.flow_l_h) for hour in day]
    for gateway, meters in by_gateway(layout, layout.meters).items():
        values = [
            reading
            for hour, face in zip(day, faces, strict=True)
            for reading in messages.readings(layout, meters, face, at=hour.state.at)
        ]
        yield Saying(speaker=gateway, channel="reading", values=values)


def _stations(layout: Layout, day: Sequence[Hour]) -> Iterator[Saying]:
    for n, station in enumerate(layout.stations):
        values = [
            messages.telemetry(
                hour.state.stations,
                n,
                setpoint_c=hour.setpoint_c,
                outdoor_c=hour.state.outdoor_c,
                at=hour.state.at,
            )
            for hour in day
        ]
        yield Saying(speaker=station.controller, channel="telemetry", values=values)


def _rooms(layout: Layout, of: Instruments, day: Sequence[Hour]) -> Iterator[Saying]:
    shown = [instruments.room_temperatures_c(of, hour.state.air_c, at=hour.state.at) for hour in day]
    humidity = [instruments.humidities_pct(of, at=hour.state.at) for hour in day]
    for gateway, sensors in by_gateway(layout, layout.sensors).items():
        values = [
            value
            for hour, shown_c, humidity_pct in zip(day, shown, humidity, strict=True)
            for value in messages.temperatures(
                layout, sensors, shown_c=shown_c, humidity_pct=humidity_pct, at=hour.state.at
            )
        ]
        if values:
            yield Saying(speaker=gateway, channel="temperature", values=values)


def by_gateway(
    layout: Layout, things: Sequence[Meter | RoomSensor], *, only: Sequence[int] | None = None
) -> dict[str, list[int]]:
    """The meters or sensors (indices) that each gateway carries; all, or of ``only`` these."""
    found: dict[str, list[int]] = {}
    for n in range(len(things)) if only is None else only:
        house = layout.buildings[layout.homes[things[n].home].building]
        found.setdefault(house.gateway, []).append(n)
    return found


class Line(Protocol):
    """The devices' way to the broker."""

    def say(self, saying: Saying) -> paho.MQTTMessageInfo:
        """Publish; what is said while the line is down goes out later, but nobody learns whether."""

    def is_open(self, speaker: str) -> bool:
        """Whether ``speaker`` is connected now."""


class Teller:
    """Publishes sayings no faster than ``values_per_s``, and waits for the broker's word."""

    def __init__(self, line: Line, *, values_per_s: float, stop: threading.Event) -> None:
        """The pace leaves the ingestion room for what happens now."""
        self._line, self._rate, self._stop = line, values_per_s, stop
        self._due = time.monotonic()

    def tell(self, batch: Sequence[Saying]) -> None:
        """Publish ``batch`` and return once the broker has acknowledged all of it.

        Raises:
            UnheardError: it did not within a minute, or we are told to stop before.
        """
        waiting = [(saying, self._paced(saying)) for saying in batch]
        for saying, info in waiting:
            if not _taken(info):
                raise UnheardError(f"{saying.speaker} got no answer to its {saying.channel} of the past.")

    def _paced(self, saying: Saying) -> paho.MQTTMessageInfo:
        self._pause(self._due - time.monotonic())
        while not self._line.is_open(saying.speaker):
            self._pause(LINE_SECONDS)
        self._due = max(self._due, time.monotonic()) + len(saying.values) / self._rate
        return self._line.say(saying)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(max(seconds, 0)):
            raise UnheardError("Told to stop in the middle of the past.")


def _taken(info: paho.MQTTMessageInfo) -> bool:
    try:
        info.wait_for_publish(timeout=ACK_SECONDS)
        return info.is_published()
    except RuntimeError:  # the line went down in the very moment
        return False
