"""One round of control: read, decide, write. What is sent is read back from what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef

from comfort.queries.demand import ComfortDemand, comfort_demand
from control.enums import Cause, TargetState
from control.models import RegulatorState, Target, TargetTransition
from control.operations.expiry import expire_targets
from control.operations.holds import release_ended
from control.operations.keeping import RENEWED_BEFORE, TIME_TO_LIVE, keep_held
from control.queries.observed import observe
from control.queries.stations import Stations, locked_stations, remembered
from control.regulator.regulate import regulate
from control.regulator.types import Decision, Flags, Floats, Ints, Learned, Memory, codes

DIGITS: Final = 2
NOTHING_K: Final = 0.5 * 10**-DIGITS


@dataclass(frozen=True, slots=True)
class TickResult:
    """How many stations were looked at, got a new target, and could not be decided."""

    stations: int
    issued: int
    blind: int


@dataclass(frozen=True, slots=True)
class _Last:
    """The newest target of each station: NaN and no time left where there is none that counts."""

    supply_c: Floats
    left_s: Floats


@transaction.atomic
def tick(*, now: datetime) -> TickResult:
    """Decide every station in scope and write the targets that say something new, with terms and reasons.

    A target is new if the setpoint moved, a vote was given since the last one, or the last one nears its end.
    Two ticks at once take turns on the stations' rows. Nothing is sent here: see `outbox`.
    """
    expire_targets(now=now)
    release_ended(now=now)
    keep_held(now=now)
    stations = locked_stations(now)
    if not len(stations):
        return TickResult(stations=0, issued=0, blind=0)
    demand = _of(stations, comfort_demand(now))
    memory, answered = remembered(stations, now)
    decision = regulate(stations.plant, observe(stations.substation_ids, demand, now), memory)
    causes = _causes(decision, memory, last=_last(stations, now), voted=demand.newest_vote > answered)
    issued = _write_targets(stations, decision, demand=demand, causes=causes, now=now)
    votes = np.where([cause is not None for cause in causes], demand.newest_vote, answered)
    _write_memory(stations, decision, votes=votes, now=now)
    return TickResult(stations=len(stations), issued=issued, blind=int((~decision.sighted).sum()))


def _of(stations: Stations, demand: ComfortDemand) -> ComfortDemand:
    """The demand's rows of these stations, in their order."""
    rows = np.searchsorted(demand.substation_ids, stations.substation_ids)
    return ComfortDemand(
        substation_ids=stations.substation_ids,
        shift_k=demand.shift_k[rows],
        homes=demand.homes[rows],
        votes=demand.votes[rows],
        voters=demand.voters[rows],
        newest_vote=demand.newest_vote[rows],
    )


def _last(stations: Stations, now: datetime) -> _Last:
    """A station that only watched before must be told now, so its shadows do not count."""
    shadowed = TargetTransition.objects.filter(target=OuterRef("pk"), state=TargetState.SHADOWED)
    rows = Target.objects.filter(substation__in=stations.substation_ids.tolist(), expires_at__gt=now)
    newest = rows.annotate(shadow=Exists(shadowed)).order_by("substation_id", "-issued_at")
    by_station = {target.substation_id: target for target in newest.distinct("substation_id")}
    found = [by_station.get(pk) for pk in stations.substation_ids.tolist()]
    counts = [
        target if target is not None and target.shadow != obeys else None
        for target, obeys in zip(found, stations.obeying.tolist(), strict=True)
    ]
    return _Last(
        supply_c=np.array([np.nan if row is None else row.secondary_supply_c for row in counts]),
        left_s=np.array([0.0 if row is None else (row.expires_at - now).total_seconds() for row in counts]),
    )


def _causes(decision: Decision, memory: Memory, *, last: _Last, voted: Flags) -> list[Cause | None]:
    """Why each station gets a new target, None where it gets none; the first reason that fits."""
    change_k = np.round(decision.supply_c, DIGITS) - last.supply_c
    moved = np.abs(change_k) > NOTHING_K
    # As votes fade, they alone move the water; twice the rounding is how near the two figures can be.
    fading_k = decision.memory.comfort_k - memory.comfort_k
    by_votes = (fading_k != 0) & (np.abs(change_k - fading_k) < 2 * NOTHING_K)
    chosen = np.select(
        [
            ~decision.sighted,
            ~np.isfinite(last.supply_c),
            voted | (moved & by_votes),
            moved,
            last.left_s <= RENEWED_BEFORE.total_seconds(),
        ],
        [0, 1, 2, 3, 4],
        0,
    )
    names = [None, Cause.START, Cause.COMFORT, Cause.WEATHER, Cause.REFRESH]
    return [names[number] for number in chosen.tolist()]


def _write_targets(
    stations: Stations,
    decision: Decision,
    *,
    demand: ComfortDemand,
    causes: list[Cause | None],
    now: datetime,
) -> int:
    targets = [
        Target(
            utility_id=int(stations.utility_ids[row]),
            substation_id=int(stations.substation_ids[row]),
            controller_id=int(stations.controllers[row]) or None,
            issued_at=now,
            expires_at=now + TIME_TO_LIVE,
            secondary_supply_c=round(float(decision.supply_c[row]), DIGITS),
            cause=cause,
            reason=_reason(decision, cause, row),
            terms=_terms(decision, demand, row),
        )
        for row, cause in enumerate(causes)
        if cause is not None
    ]
    sent = set(stations.substation_ids[stations.obeying].tolist())
    Target.objects.bulk_create(targets)
    TargetTransition.objects.bulk_create(
        TargetTransition(
            utility_id=target.utility_id,
            target=target,
            state=TargetState.ISSUED if target.substation_id in sent else TargetState.SHADOWED,
            at=now,
        )
        for target in targets
    )
    return len(targets)


def _reason(decision: Decision, cause: Cause, row: int) -> str:
    """The target's reason on the wire: the cause, the three parts, the clips. Codes and figures only."""
    # Adding zero makes of a rounded -0.0 a 0.0.
    part = {
        name: round(float(decision.terms[name][row]), DIGITS) + 0.0
        for name in ("curve_c", "feedback_k", "comfort_k")
    }
    clips = " ".join(codes(int(decision.clips[row])))
    parts = f"curve {part['curve_c']:.2f}, rooms {part['feedback_k']:+.2f}, votes {part['comfort_k']:+.2f}"
    return f"{cause.value}: {parts}; {clips}".rstrip("; ")


def _terms(decision: Decision, demand: ComfortDemand, row: int) -> dict[str, Any]:
    numbers = {name: _json_number(float(column[row])) for name, column in decision.terms.items()}
    return {
        **numbers,
        "homes": int(demand.homes[row]),
        "votes": int(demand.votes[row]),
        "voters": int(demand.voters[row]),
        "newest_vote": int(demand.newest_vote[row]),
        "clips": codes(int(decision.clips[row])),
    }


def _json_number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _write_memory(stations: Stations, decision: Decision, *, votes: Ints, now: datetime) -> None:
    """Only where something was decided: a blind station's memory ages."""
    memory = decision.memory
    names = Learned.__slots__
    learned = np.stack([getattr(memory.learned, name) for name in names], axis=1).round(6).tolist()
    RegulatorState.objects.bulk_create(
        (
            RegulatorState(
                utility_id=int(stations.utility_ids[row]),
                substation_id=int(stations.substation_ids[row]),
                at=now,
                supply_c=float(memory.supply_c[row]),
                comfort_k=float(memory.comfort_k[row]),
                integral_k=float(memory.integral_k[row]),
                room_c=_json_number(float(memory.room_c[row])),
                allowance_k=float(memory.allowance_k[row]),
                outdoor_c=float(memory.outdoor_c[row]),
                learned=learned[row],
                vote=int(votes[row]),
            )
            for row in np.flatnonzero(decision.sighted).tolist()
        ),
        update_conflicts=True,
        unique_fields=["substation"],
        update_fields=[
            "at",
            "supply_c",
            "comfort_k",
            "integral_k",
            "room_c",
            "allowance_k",
            "outdoor_c",
            "learned",
            "vote",
        ],
    )
