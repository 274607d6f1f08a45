"""The present: time passes, devices speak when it is their turn, stations obey."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Final

import numpy as np

from control.twin import community, instruments, messages
from control.twin.community import State
from control.twin.history import HOUR, Saying, by_gateway, whole_hour
from control.twin.noise import Floats, keys, uniform
from control.twin.plc import Plc
from control.twin.town import Town

ROOM_EVERY_S: Final = 15.0
METER_EVERY_S: Final = 60.0
STATION_EVERY_S: Final = 10.0

Say = Callable[[Saying], object]
Orders = SimpleQueue[tuple[int, bytes]]


class Actor:
    """Plays the community from ``state`` on."""

    def __init__(self, town: Town, *, state: State, say: Say, orders: Orders, speed: float = 1.0) -> None:
        """``say`` publishes; targets (station index, payload) wait in ``orders`` for the next tick.

        ``speed`` quickens the homes' physics, never the clock.
        """
        self.town, self.state = town, state
        self._say, self._speed = say, speed
        self._plcs = [Plc(curve=station.curve) for station in town.layout.stations]
        self._orders = orders
        # At first everybody is due, so that nobody waits for the first sign of life.
        self._spoken_at = state.at - timedelta(seconds=METER_EVERY_S)
        self._room_phase_s = ROOM_EVERY_S * uniform(town.instruments.sensors, 60)
        self._meter_phase_s = METER_EVERY_S * _meter_phases(town)
        self._station_phase_s = np.arange(len(self._plcs), dtype=np.float64)

    def tick(self, now: datetime) -> None:
        """Let the time until ``now`` pass and publish what is due."""
        for answer in self._obey(now):
            self._say(answer)
        while (hour := whole_hour(self.state.at) + HOUR) <= now:
            # Meters keep the registers of the whole hour, which is what bills are cut at.
            self._advance(hour)
            self._speak(meters=range(len(self.town.layout.meters)))
        setpoint_c = self._advance(now)
        self._speak(
            meters=_due(self._meter_phase_s, METER_EVERY_S, self._spoken_at, now),
            sensors=_due(self._room_phase_s, ROOM_EVERY_S, self._spoken_at, now),
        )
        for station in _due(self._station_phase_s, STATION_EVERY_S, self._spoken_at, now):
            self._say(self._telemetry(station, setpoint_c))
        self._spoken_at = now

    def _obey(self, now: datetime) -> Iterator[Saying]:
        while True:
            try:
                station, payload = self._orders.get_nowait()
            except Empty:
                return
            heard, answer = self._plcs[station].receive(payload, outdoor_c=self.state.outdoor_c, now=now)
            self._plcs[station] = heard
            if answer is not None:
                controller = self.town.layout.stations[station].controller
                yield Saying(speaker=controller, channel="ack", values=[messages.ack(answer, at=now)])

    def _advance(self, to: datetime) -> Floats:
        """Step the physics to ``to``; the setpoints that ruled."""
        outdoor_c = self.state.outdoor_c
        setpoint_c = np.array([each.setpoint_c(outdoor_c=outdoor_c, now=to) for each in self._plcs])
        self.state = community.advance(
            self.town.plant, self.state, to=to, setpoint_c=setpoint_c, speed=self._speed
        )
        return setpoint_c

    def _speak(self, *, meters: Sequence[int], sensors: Sequence[int] = ()) -> None:
        """Let gateways forward what these meters and sensors (indices) show now; telegrams one by one."""
        layout, of, state = self.town.layout, self.town.instruments, self.state
        faces = instruments.meter_faces(of, state, flow_l_h=self.town.plant.homes.flow_l_h)
        for gateway, carried in by_gateway(layout, layout.meters, only=meters).items():
            values = messages.readings(layout, carried, faces, at=state.at)
            alone = messages.forwards_telegrams(layout, carried[0])
            for part in [[value] for value in values] if alone else [values]:
                self._say(Saying(speaker=gateway, channel="reading", values=part))
        shown_c = instruments.room_temperatures_c(of, state.air_c, at=state.at)
        humidity_pct = instruments.humidities_pct(of, at=state.at)
        for gateway, carried in by_gateway(layout, layout.sensors, only=sensors).items():
            heard = messages.temperatures(
                layout, carried, shown_c=shown_c, humidity_pct=humidity_pct, at=state.at
            )
            if heard:
                self._say(Saying(speaker=gateway, channel="temperature", values=heard))

    def _telemetry(self, station: int, setpoint_c: Floats) -> Saying:
        state = self.state
        message = messages.telemetry(
            state.stations, station, setpoint_c=setpoint_c, outdoor_c=state.outdoor_c, at=state.at
        )
        controller = self.town.layout.stations[station].controller
        return Saying(speaker=controller, channel="telemetry", values=[message])


def _meter_phases(town: Town) -> Floats:
    """When in its minute each meter is due: a native gateway reads all at once, telegrams come singly."""
    house = keys([town.layout.homes[meter.home].building + 1 for meter in town.layout.meters])
    alone = [messages.forwards_telegrams(town.layout, n) for n in range(len(town.layout.meters))]
    return np.where(alone, uniform(town.instruments.meters, 61), uniform(house, 62))


def _due(phase_s: Floats, every_s: float, before: datetime, now: datetime) -> list[int]:
    """Whose turn came after ``before``, up to ``now``."""
    turns = [np.floor((at.timestamp() + phase_s) / every_s) for at in (before, now)]
    return [int(n) for n in np.flatnonzero(turns[1] > turns[0])]
