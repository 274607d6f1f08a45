"""The control process: one loop that decides, sends and listens, and outlives broker and database."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Final

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from accounts.scope import across_utilities
from comfort.queries.demand import newest_vote_id
from control.mqtt.link import ControlLink
from control.operations.balancing import balance_valves
from control.operations.forecasts import refresh_forecasts
from control.operations.load_forecasts import forecast_loads
from control.operations.sending import mark_published, record_acks
from control.operations.tick import tick
from control.queries.outbox import pending_targets, standing_targets
from control.weather import Provider

logger = logging.getLogger(__name__)

# How soon a vote or a target left over is seen to.
LOOK_EVERY_S: Final = 1.0
FORECAST_EVERY: Final = timedelta(hours=1)
BALANCE_EVERY: Final = timedelta(minutes=15)
FORECAST_AGAIN: Final = timedelta(minutes=5)
# A round for votes may take a third of the time: where a round is long, votes are gathered.
REST: Final = 3
WAIT_FOR_DATABASE_S: Final = 2.0


@dataclass(slots=True)
class ControlProcess:
    """Serves all utilities; stop it by setting ``stop``."""

    link: ControlLink
    weather: Provider
    tick_every: timedelta
    stop: Event = field(default_factory=Event)
    _tick_due: datetime | None = None
    _weather_due: datetime | None = None
    _balance_due: datetime | None = None
    _seen_vote: int = 0
    _rested_s: float = 0.0

    def run(self) -> None:
        """Work until stopped. A database that is away is waited for; the link sees to the broker itself."""
        self.link.open()
        try:
            while not self.stop.is_set():
                self._round()
        finally:
            self.link.close()

    def step(self, now: datetime) -> None:
        """One round: store answers, decide if it is time or somebody voted, send what waits."""
        with across_utilities("the control process serves them all"):
            self._answers()
            self._forecasts(now)
            self._decide(now)
            self._balance(now)
            self._send(now)

    def _round(self) -> None:
        try:
            self.step(timezone.now())
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database is away, trying again: %s", error)
            close_old_connections()
            self.stop.wait(WAIT_FOR_DATABASE_S)
            return
        self.link.wake.wait(LOOK_EVERY_S)
        self.link.wake.clear()

    def _answers(self) -> None:
        waiting = self.link.received()
        if not waiting:
            return
        try:
            record_acks(messages=[received.ack for received in waiting])
        except (OperationalError, InterfaceError):
            # Not acknowledged and not lost: they are looked at again when the database is back.
            self.link.put_back(waiting)
            raise
        self.link.acknowledge(waiting)

    def _forecasts(self, now: datetime) -> None:
        if self._weather_due is not None and now < self._weather_due:
            return
        answered = refresh_forecasts(provider=self.weather, now=now)
        forecast_loads(now=now)
        self._weather_due = now + (FORECAST_EVERY if answered else FORECAST_AGAIN)

    def _decide(self, now: datetime) -> None:
        newest = newest_vote_id()
        began_s = time.monotonic()
        voted = newest != self._seen_vote and began_s >= self._rested_s
        if not voted and self._tick_due is not None and now < self._tick_due:
            return
        result = tick(now=now)
        self._rested_s = began_s + REST * (time.monotonic() - began_s)
        self._seen_vote = newest
        self._tick_due = now + self.tick_every
        if result.issued or result.blind:
            logger.info("%d stations, %d new targets, %d blind", result.stations, result.issued, result.blind)

    def _balance(self, now: datetime) -> None:
        """Each valve is looked at once a day; the look for those that are due is cheap."""
        if self._balance_due is not None and now < self._balance_due:
            return
        result = balance_valves(now=now)
        self._balance_due = now + BALANCE_EVERY
        if result.valves:
            logger.info("%d valves looked at, %d are to move", result.valves, result.moving)

    def _send(self, now: datetime) -> None:
        anew = self.link.is_ready and self.link.begins_anew()
        waiting = standing_targets(now) if anew else pending_targets(now)
        taken = self.link.send(waiting) if waiting else []
        if taken:
            mark_published(commands=taken, now=now)
