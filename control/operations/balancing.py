"""Balancing the network once a day: read the branches, decide, write where every valve is to stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import orjson
from django.db import connection, transaction

from accounts.models import Building, Household
from control.enums import Cause, Mode, TargetState
from control.models import ValveControl
from control.queries.valves import DueValves, locked_valves
from control.regulator.balancing import Balanced, balanced, valve_codes

# A little under a day, so that a round that came late does not put off the next one.
EVERY: Final = timedelta(hours=23)
# Half a day more than a round: what a valve was told last holds over one that was missed.
TIME_TO_LIVE: Final = timedelta(hours=36)
DIGITS: Final = 1

# The targets and the first step of each, all at once.
WRITE: Final = """
WITH given AS (
    SELECT * FROM unnest(%(valves)s::bigint[], %(utilities)s::bigint[], %(controllers)s::bigint[],
        %(positions)s::float8[], %(causes)s::text[], %(reasons)s::text[], %(terms)s::jsonb[],
        %(states)s::text[])
        AS row (valve, utility, controller, position, cause, reason, terms, state)
), written AS (
    INSERT INTO control_valvetarget (utility_id, valve_id, controller_id, command, issued_at, expires_at,
        valve_pct, cause, reason, terms)
    SELECT utility, valve, NULLIF(controller, 0), gen_random_uuid(), %(now)s, %(until)s,
        position, cause, reason, terms
    FROM given
    RETURNING id, valve_id, utility_id
), looked AS (
    UPDATE control_valvecontrol SET balanced_at = %(now)s FROM given WHERE control_valvecontrol.id = valve
)
INSERT INTO control_valvetransition (utility_id, target_id, state, at, detail)
SELECT written.utility_id, written.id, given.state, %(now)s, ''
FROM written JOIN given ON given.valve = written.valve_id
"""


@dataclass(frozen=True, slots=True)
class BalanceResult:
    """How many valves were looked at, and how many of them are to move."""

    valves: int
    moving: int


@transaction.atomic
def balance_valves(*, now: datetime) -> BalanceResult:
    """Decide and write where every valve in scope that is due is to stand; nothing is sent here."""
    valves = locked_valves(at=now, due=now - EVERY)
    if not len(valves):
        return BalanceResult(valves=0, moving=0)
    decision = balanced(valves.branches)
    _write(valves, decision, now=now)
    moving = np.abs(decision.position_pct - decision.terms["before_pct"]) > 0
    return BalanceResult(valves=len(valves), moving=int(moving.sum()))


@transaction.atomic
def take_over_valve(
    *, building: Building | None = None, household: Household | None = None, mode: Mode = Mode.SHADOW,
    **figures: float,
) -> ValveControl:  # fmt: skip
    """Put the valve before a building or a flat under control; ``figures`` are columns.

    Raises:
        ValidationError: it is under control already, or the figures are no limits.
    """
    control = ValveControl(building=building, household=household, mode=mode, **figures)
    control.full_clean()
    control.save()
    return control


@transaction.atomic
def set_valve_mode(*, valves: Sequence[ValveControl], mode: Mode) -> int:
    """Change what the balancing may do; how many valves it changed for. A valve stays where it stands."""
    wanted = ValveControl.objects.filter(pk__in=[valve.pk for valve in valves])
    return wanted.exclude(mode=mode).update(mode=mode)


def _write(valves: DueValves, decision: Balanced, *, now: datetime) -> None:
    names = list(decision.terms)
    columns = np.stack([decision.terms[name] for name in names], axis=1).round(4).tolist()
    clips = [valve_codes(clip) for clip in decision.clips.tolist()]
    position = decision.position_pct.round(DIGITS).tolist()
    before = decision.terms["before_pct"].round(DIGITS).tolist()
    causes = [
        Cause.REFRESH if new == old else Cause.BALANCE for new, old in zip(position, before, strict=True)
    ]
    rows = zip(columns, clips, strict=True)
    values = {
        "valves": valves.valve_ids.tolist(),
        "utilities": valves.utility_ids.tolist(),
        "controllers": valves.controllers.tolist(),
        "positions": position,
        "causes": [cause.value for cause in causes],
        "reasons": [_reason(*row) for row in zip(causes, before, position, clips, strict=True)],
        # NaN is null in JSON.
        "terms": [
            orjson.dumps({**dict(zip(names, figures, strict=True)), "clips": held}).decode()
            for figures, held in rows
        ],
        "states": np.where(valves.obeying, TargetState.ISSUED.value, TargetState.SHADOWED.value).tolist(),
        "now": now,
        "until": now + TIME_TO_LIVE,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)


def _reason(cause: Cause, before: float, position: float, clips: list[str]) -> str:
    """The reason on the wire: codes and figures only."""
    return f"{cause.value}: {before:.1f} to {position:.1f} %; {' '.join(clips)}".rstrip("; ")
