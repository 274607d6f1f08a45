"""One story: random steps, a worker that dies now and then, and a calm after which all books agree."""

from __future__ import annotations

from time import process_time
from typing import Final

from tests.billing.storm.checker import faults
from tests.billing.storm.crashes import Crash, crash_after
from tests.billing.storm.outcome import Outcome
from tests.billing.storm.standing import wounds
from tests.billing.storm.steps import WEIGHTS, Step, calm_down
from tests.billing.storm.world import World, a_world

CRASHES: Final = 0.15
# Most steps ask and write some ten to thirty times.
LONGEST_LIFE: Final = 25
# How often all is looked over; a fault is found near where it arose.
CHECK_EVERY: Final = 5_000


def run(*, seed: int, operations: int) -> Outcome:
    """``operations`` steps from ``seed``.

    After each death what must hold at every moment is asked of all that is new; every few thousand steps,
    and at the end, the sweeps come, and all books are compared from their first row on.
    """
    world = a_world(seed=seed)
    crashes = 0
    steps, weights = list(WEIGHTS), list(WEIGHTS.values())
    for count in range(1, operations + 1):
        step = world.random.choices(steps, weights)[0]
        world.done[step.__name__] += 1
        world.fake.book.clock_offset_s += world.random.randrange(30)
        if world.random.random() < CRASHES:
            if _die_in(world, step):
                crashes += 1
                if found := wounds(world):
                    return _outcome(world, count, crashes, [f"after a death in {step.__name__}", *found])
        else:
            step(world)
        if count % CHECK_EVERY == 0 or count == operations:
            calm_down(world)
            if found := [*wounds(world), *faults(world)]:
                return _outcome(world, count, crashes, found)
    return _outcome(world, operations, crashes, [])


def _outcome(world: World, count: int, crashes: int, found: list[str]) -> Outcome:
    return Outcome(count, crashes, dict(world.done), dict(world.webhooks), found, process_time())


def _die_in(world: World, step: Step) -> bool:
    try:
        with crash_after(world.random.randrange(1, LONGEST_LIFE), transport=world.transport):
            step(world)
    except Crash:
        world.fake.faults.answers.clear()
        return True
    return False
