"""One story: random steps, a worker that dies now and then, and a calm after which all books agree."""

from __future__ import annotations

from typing import Final

from tests.billing.storm.checker import faults
from tests.billing.storm.crashes import Crash, crash_after
from tests.billing.storm.outcome import Outcome
from tests.billing.storm.steps import WEIGHTS, Step, calm_down
from tests.billing.storm.world import World, a_world

CRASHES: Final = 0.15
# Most steps ask and write some ten to thirty times.
LONGEST_LIFE: Final = 25
# How often all is looked over; a fault is found near where it arose.
CHECK_EVERY: Final = 5_000


def run(*, seed: int, operations: int) -> Outcome:
    """``operations`` steps from ``seed``, checked every few thousand of them and at the end."""
    world = a_world(seed=seed)
    crashes = 0
    steps, weights = list(WEIGHTS), list(WEIGHTS.values())
    for count in range(1, operations + 1):
        step = world.random.choices(steps, weights)[0]
        world.done[step.__name__] += 1
        world.fake.book.clock_offset_s += world.random.randrange(30)
        if world.random.random() < CRASHES:
            crashes += _die_in(world, step)
        else:
            step(world)
        if count % CHECK_EVERY == 0 or count == operations:
            calm_down(world)
            if found := faults(world):
                return Outcome(count, crashes, dict(world.done), found)
    return Outcome(operations, crashes, dict(world.done), [])


def _die_in(world: World, step: Step) -> bool:
    try:
        with crash_after(world.random.randrange(1, LONGEST_LIFE), transport=world.transport):
            step(world)
    except Crash:
        world.fake.faults.answers.clear()
        return True
    return False
