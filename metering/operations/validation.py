"""Validating what was stored: findings are written beside the readings, disproved ones withdrawn.

Two things ask for it: the cursor, which follows the arrivals, and requests, which name a stretch whose
readings are to be judged anew. Each step is one transaction, so a run that is killed has lost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import numpy as np
from django.db import connection, transaction

from accounts.scope import current_utility_id
from metering.enums import Finding
from metering.models import ValidationCursor
from metering.operations.tables import READINGS
from metering.queries.arrivals import not_plain
from metering.queries.neighbourhoods import (
    AROUND_S,
    Neighbourhood,
    Stretch,
    neighbourhoods,
    steps,
    touched,
    widened,
)
from metering.validation import UNUSABLE, Findings, explain, is_all_plain, validate

# A batch that was under way while the cursor moved is looked at again.
OVERLAP: Final = timedelta(minutes=1)
THE_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
THE_END: Final = datetime(9000, 1, 1, tzinfo=UTC)
METERS_AT_ONCE: Final = 50
# What one transaction looks at, and how many of them a run makes before it lets others have their turn.
READINGS_A_STEP: Final = 20_000
STEPS_A_RUN: Final = 50
# The places of a reading's key, its utility and its arrival in a row of its table.
ARRIVED: Final = tuple(
    list(READINGS.columns).index(name) for name in ("utility_id", "device_id", "measured_at")
)
# Whatever decides how the readings after it are judged.
CARRIED_ON: Final = [
    *(Finding.LEVEL, Finding.DECREASE, Finding.FROZEN, Finding.ROLLOVER, Finding.DIP, Finding.SPIKE),
    Finding.REJECTED,
]
FOUND: Final = """
unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::boolean[], %s::bigint[], %s::text[])
    AS found(device_id, measured_at, finding, is_unusable, carry_wh, detail)
"""
WRITE: Final = f"""
INSERT INTO metering_readingflag
    (utility_id, device_id, measured_at, finding, is_unusable, carry_wh, detail, found_at)
SELECT %s, found.*, %s FROM {FOUND}
ON CONFLICT (device_id, measured_at, finding) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING device_id, finding
"""  # noqa: S608 - our own names
# Whoever waited for another run may have looked at the clock before it: nothing goes before it was found.
WITHDRAW: Final = f"""
UPDATE metering_readingflag flag SET withdrawn_at = GREATEST(%s, flag.found_at)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS looked(device_id, first_at, last_at)
WHERE flag.device_id = looked.device_id AND flag.measured_at BETWEEN looked.first_at AND looked.last_at
  AND flag.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT FROM {FOUND} WHERE found.device_id = flag.device_id AND found.measured_at = flag.measured_at
    AND found.finding = flag.finding AND found.carry_wh IS NOT DISTINCT FROM flag.carry_wh)
RETURNING flag.device_id, flag.finding
"""  # noqa: S608 - our own names
REQUEST: Final = """
INSERT INTO metering_validationrequest (utility_id, device_id, first_at, last_at)
SELECT utility_id, device_id, min(measured_at) - make_interval(secs => %s),
       max(measured_at) + make_interval(secs => %s)
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS stored(utility_id, device_id, measured_at)
GROUP BY utility_id, device_id
"""
# What lies after a stretch was judged by what the stretch said before.
GO_ON: Final = """
INSERT INTO metering_validationrequest (utility_id, device_id, first_at, last_at)
SELECT %s, looked.device_id, looked.last_at, %s
FROM unnest(%s::bigint[], %s::timestamptz[]) AS looked(device_id, last_at)
WHERE EXISTS (SELECT FROM metering_reading reading
              WHERE reading.device_id = looked.device_id AND reading.measured_at > looked.last_at)
"""
# A meter is let go only by whoever has judged its newest reading.
UNWATCH: Final = """
DELETE FROM metering_watchedmeter watched
USING unnest(%s::bigint[], %s::timestamptz[]) AS looked(device_id, last_at)
WHERE watched.device_id = looked.device_id AND NOT EXISTS (
    SELECT FROM metering_reading reading
    WHERE reading.device_id = looked.device_id AND reading.measured_at > looked.last_at)
"""
WATCH: Final = """
INSERT INTO metering_watchedmeter (utility_id, device_id) SELECT %s, unnest(%s::bigint[])
ON CONFLICT (device_id) DO NOTHING
"""
TAKE: Final = """
DELETE FROM metering_validationrequest WHERE id IN (
    SELECT id FROM metering_validationrequest
    WHERE utility_id = %s AND (%s::bigint[] IS NULL OR device_id = ANY(%s)) ORDER BY id LIMIT %s)
RETURNING device_id, first_at, last_at
"""


@dataclass(frozen=True, slots=True)
class Validated:
    """What a run looked at and what it changed; ``is_done`` unless it left work for the next one."""

    stretches: int = 0
    found: int = 0
    withdrawn: int = 0
    is_done: bool = True

    def __add__(self, other: Validated) -> Validated:
        """Two steps as one."""
        return Validated(
            stretches=self.stretches + other.stretches,
            found=self.found + other.found,
            withdrawn=self.withdrawn + other.withdrawn,
            is_done=self.is_done and other.is_done,
        )


def validate_readings(*, at: datetime, most_steps: int = STEPS_A_RUN) -> Validated:
    """Validate what is around all that arrived since the last run, up to ``at``, and what was asked for.

    In steps of bounded size, each a transaction that moves the cursor or takes its requests: killed between
    or within them, the next run goes on. Late readings reopen their neighbourhood: what they disprove is
    withdrawn. A second run at the same time waits for the first and finds little left.
    """
    cursor = ValidationCursor.objects.filter(utility_id=current_utility_id()).first()
    after = cursor.validated_through if cursor else THE_BEGINNING
    ends = steps(after=after - OVERLAP, until=at, size=READINGS_A_STEP)
    done = Validated(is_done=len(ends) <= most_steps)
    for until in ends[:most_steps]:
        done += _follow_arrivals(until=until, at=at)
    return done + validate_requested(at=at, most_steps=most_steps)


def validate_requested(
    *, at: datetime, device_ids: Sequence[int] | None = None, most_steps: int = STEPS_A_RUN
) -> Validated:
    """Answer what was asked for, about all meters or, because a person waits to see it, about these."""
    done = Validated()
    for _ in range(most_steps):
        answered = _answer_requests(at=at, device_ids=device_ids)
        if answered is None:
            return done
        done += answered
    return done + Validated(is_done=False)


def ask_validation(*, readings: Sequence[tuple[int, int, datetime]]) -> None:
    """Let the next run look around these readings: utility, device and instant; of any utility."""
    if readings:
        columns = [list(column) for column in zip(*readings, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(REQUEST, [AROUND_S, AROUND_S, *columns])


def validate_again(*, readings: Sequence[tuple[Any, ...]]) -> None:
    """As `ask_validation`, for rows in the columns of their table, stored behind the cursor."""
    ask_validation(readings=[(row[ARRIVED[0]], row[ARRIVED[1]], row[ARRIVED[2]]) for row in readings])


@transaction.atomic
def _follow_arrivals(*, until: datetime, at: datetime) -> Validated:
    """One step of the cursor."""
    cursor = _locked()
    arrived = touched(after=cursor.validated_through - OVERLAP, until=until)
    # Nearly all that arrives goes on from what was there; only of the rest the neighbourhood is looked at.
    done = Validated(stretches=len(arrived))
    done += _validate([widened(one) for one in not_plain(arrived)], at=at)
    cursor.validated_through = max(cursor.validated_through, until)
    cursor.save(update_fields=["validated_through"])
    return done


@transaction.atomic
def _answer_requests(*, at: datetime, device_ids: Sequence[int] | None = None) -> Validated | None:
    """One step of the requests, of all meters or of these; None where there are none left."""
    _locked()
    devices = None if device_ids is None else list(device_ids)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [current_utility_id(), devices, devices, METERS_AT_ONCE])
        taken = [Stretch(*row) for row in cursor.fetchall()]
    joined = _joined(taken)
    return Validated(stretches=len(joined)) + _validate(joined, at=at) if taken else None


def _locked() -> ValidationCursor:
    """The utility's cursor; whoever holds it is the only one that validates."""
    cursor, _is_new = ValidationCursor.objects.select_for_update().get_or_create(
        utility_id=current_utility_id(), defaults={"validated_through": THE_BEGINNING}
    )
    return cursor


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """One stretch a meter, around all that was asked for."""
    found: dict[int, Stretch] = {}
    for one in stretches:
        known = found.get(one.device_id, one)
        first_at, last_at = min(known.first_at, one.first_at), max(known.last_at, one.last_at)
        found[one.device_id] = Stretch(one.device_id, first_at, last_at)
    return list(found.values())


def _validate(stretches: Sequence[Stretch], *, at: datetime) -> Validated:
    rest = iter(stretches)
    done = Validated()
    while batch := list(islice(rest, METERS_AT_ONCE)):
        done += _write(list(neighbourhoods(batch)), at=at)
    return done


def _write(looked: Sequence[Neighbourhood], *, at: datetime) -> Validated:
    """Write what is found and withdraw what is not found any more; what depends on that is looked at next."""
    judged = [validate(around.series, around.meter, known=around.known) for around in looked]
    pairs = list(zip(looked, judged, strict=True))
    rows = [row for around, found in pairs for row in _findings(around, found)]
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 6
    stretches: list[list[Any]] = [
        [around.device_id for around in looked],
        [around.judged.first_at for around in looked],
        [around.judged.last_at for around in looked],
    ]
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW, [at, *stretches, *columns])
        withdrawn = cursor.fetchall()
        cursor.execute(WRITE, [current_utility_id(), at, *columns])
        found = cursor.fetchall()
        changed = {device for device, finding in (*found, *withdrawn) if finding in CARRIED_ON}
        ahead = [one.judged for one in looked if one.is_cut or one.device_id in changed]
        if ahead:
            places: list[list[Any]] = [[one.device_id for one in ahead], [one.last_at for one in ahead]]
            cursor.execute(GO_ON, [current_utility_id(), THE_END, *places])
    _watch(pairs)
    return Validated(found=len(found), withdrawn=len(withdrawn))


def _watch(judged: Sequence[tuple[Neighbourhood, Findings]]) -> None:
    """Watch the meters among whose readings is one that is not plain, and let the others go."""
    odd = {around.device_id for around, found in judged if not _is_plain(around, found)}
    plain = [around.judged for around, _found in judged if around.device_id not in odd]
    columns: list[list[Any]] = [[one.device_id for one in plain], [one.last_at for one in plain]]
    with connection.cursor() as cursor:
        cursor.execute(WATCH, [current_utility_id(), sorted(odd)])
        cursor.execute(UNWATCH, columns)


def _is_plain(around: Neighbourhood, found: Findings) -> bool:
    """Whether what comes after this neighbourhood may be judged without it."""
    known = around.known
    is_decided = bool(known.accepted or known.rejected or known.rolled or any(known.before))
    is_well = not is_decided and not around.is_cut and not any(map(np.any, found.flags.values()))
    return is_well and is_all_plain(around.series, around.meter)


def _findings(around: Neighbourhood, found: Findings) -> Iterator[tuple[Any, ...]]:
    """A row a finding of what is to be judged."""
    for finding, flags in found.flags.items():
        for n in np.flatnonzero(flags).tolist():
            if around.judged.first_at <= around.measured_at[n] <= around.judged.last_at:
                carry_wh = found.carry_wh.get(n) if finding == Finding.ROLLOVER else None
                detail = explain(finding, around.series, n)
                is_unusable = finding in UNUSABLE
                yield (around.device_id, around.measured_at[n], finding.value, is_unusable, carry_wh, detail)
