"""The twin as a process: devices on the broker, a clock, a memory, and a past to tell beside the present."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import paho.mqtt.client as paho

from control.twin import memory
from control.twin.actor import Actor
from control.twin.community import State
from control.twin.history import Hour, Saying, Teller, UnheardError, relive, sayings
from control.twin.memory import Story
from control.twin.town import Town, first_story, opening, past
from control.twin.voice import Voice

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
    values_per_s: float = 4000.0


def run(town: Town, *, options: Options, stop: threading.Event) -> None:
    """Play ``town`` in real time until ``stop`` is set; blocks."""
    now = datetime.now(UTC)
    state, story, hours = begin(town, options=options, now=now)
    voices: dict[str, Voice] = {}

    def say(saying: Saying) -> paho.MQTTMessageInfo:
        values = saying.values[0] if len(saying.values) == 1 else saying.values
        return voices[saying.speaker].say(saying.channel, values)

    actor = Actor(town, state=state, say=say, speed=options.speed)
    voices.update(_voices(town, actor.hear))
    told = threading.Event()
    if story.told and not hours:
        told.set()
    else:
        teller = Teller(say, values_per_s=options.values_per_s, stop=stop)
        threading.Thread(target=_tell, args=(town, hours, teller, told), name="past", daemon=True).start()
    try:
        _live(actor, stop=stop, save=lambda: _save(town, actor, replace(story, told=told.is_set()), options))
    finally:
        for voice in voices.values():
            voice.close()


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


def _voices(town: Town, hear: Callable[[int, bytes], None]) -> Mapping[str, Voice]:
    utility = town.layout.utility
    gateways = {
        house.gateway: Voice(utility=utility, device=house.gateway) for house in town.layout.buildings
    }
    controllers = {
        station.controller: Voice(utility=utility, device=station.controller, on_target=partial(hear, n))
        for n, station in enumerate(town.layout.stations)
    }
    return {**gateways, **controllers}


def _tell(town: Town, hours: list[Hour], teller: Teller, told: threading.Event) -> None:
    """Tell the past in a thread of its own; what stays unheard is told again at the next start."""
    try:
        for batch in sayings(town.layout, town.plant, town.instruments, hours):
            teller.tell(batch)
    except UnheardError as error:
        logger.warning("%s It will be told again at the next start.", error)
        return
    told.set()
    logger.info("the past is told: %d hours", len(hours))


def _live(actor: Actor, *, stop: threading.Event, save: Callable[[], None]) -> None:
    saved_at = actor.state.at
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
