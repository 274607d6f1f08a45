"""The twin as a process: devices on the broker, a clock, a memory, and a past to tell beside the present."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from control.twin import memory
from control.twin.actor import Actor
from control.twin.community import State
from control.twin.history import Hour, Teller, UnheardError, relive, sayings
from control.twin.memory import Story
from control.twin.town import Town, first_story, opening, past
from control.twin.voice import Voice, Voices

logger = logging.getLogger(__name__)

TICK_S: Final = 0.5
SAVE_EVERY: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the twin runs: what its past is, how fast things go, where it remembers."""

    backfill_from: datetime
    path: Path
    speed: float = 1.0
    # Values of the past a second: the rest of what the ingestion can take is for the present.
    values_per_s: float = 8000.0


def run(town: Town, *, options: Options, stop: threading.Event) -> None:
    """Play ``town`` in real time until ``stop`` is set; blocks."""
    now = datetime.now(UTC)
    state, story, hours = begin(town, options=options, now=now)
    orders: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
    voices = _voices(town, orders)
    actor = Actor(town, state=state, say=voices.say, orders=orders, speed=options.speed)
    told = threading.Event()
    if story.told and not hours:
        told.set()
    else:
        teller = Teller(voices, values_per_s=options.values_per_s, stop=stop)
        threading.Thread(target=_tell, args=(town, hours, teller, told), name="past", daemon=True).start()
    try:
        _live(actor, stop=stop, save=lambda: _save(town, actor, replace(story, told=told.is_set()), options))
    finally:
        voices.close()


def begin(town: Town, *, options: Options, now: datetime) -> tuple[State, Story, list[Hour]]:
    """Where the town stands at ``now``, its story, and the hours that nobody has been told yet."""
    blank = opening(town, at=now)
    kept = memory.load(options.path, layout=town.layout, fresh=blank)
    if kept is None:
        story = first_story(town, backfill_from=options.backfill_from, now=now)
        *hours, present = past(town, story)
        return present.state, story, hours
    state, story = kept
    hours = [] if story.told else past(town, story)[:-1]
    if state.at < now:
        # Off for a while: the stations ran their own curves.
        *gap, present = relive(town.plant, state, to=now, setpoints=town.own_setpoints_c)
        hours, state = [*hours, *gap], present.state
    return state, story, hours


def _voices(town: Town, orders: SimpleQueue[tuple[int, bytes]]) -> Voices:
    """A voice for each gateway and controller; what the controllers are told goes to ``orders``."""

    def hear(station: int, payload: bytes) -> None:
        orders.put((station, payload))

    utility = town.layout.utility
    voices = {house.gateway: Voice(utility=utility, device=house.gateway) for house in town.layout.buildings}
    for n, station in enumerate(town.layout.stations):
        voices[station.controller] = Voice(
            utility=utility, device=station.controller, on_target=partial(hear, n)
        )
    return Voices(voices)


def _tell(town: Town, hours: list[Hour], teller: Teller, told: threading.Event) -> None:
    """Tell the past in a thread of its own; what stays unheard is told again at the next start."""
    try:
        for batch in sayings(town.layout, town.plant, town.instruments, hours):
            teller.tell(batch)
    except UnheardError as error:
        logger.info("%s It will be told again at the next start.", error)
        return
    told.set()
    logger.info("the past is told: %d hours", len(hours))


def _live(actor: Actor, *, stop: threading.Event, save: Callable[[], None]) -> None:
    saved_at = actor.state.at
    logger.info("on line: %d homes", len(actor.town.plant.homes))
    while not stop.wait(TICK_S):
        now = datetime.now(UTC)
        # A clock set back makes no time go backwards: we wait for it.
        if now > actor.state.at:
            actor.tick(now)
        if now - saved_at >= SAVE_EVERY:
            save()
            saved_at = now
    save()


def _save(town: Town, actor: Actor, story: Story, options: Options) -> None:
    memory.save(options.path, layout=town.layout, state=actor.state, story=story)
