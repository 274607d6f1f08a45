"""Finding what a meter must have said and nobody heard, and asking for it again.

Only a broker's crash loses what it has acknowledged, and a device what it never got rid of; both leave a hole
among the readings that are stored. A hole is seen by the meter's own count of its readings (`seq`), or by a
step longer than the meter's usual one; a meter that has stopped speaking is a hole without an end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from accounts.scope import current_utility_id
from metering import topics
from metering.enums import GapState
from metering.models import ReadingGap

CHANNEL: Final = "backfill"
# Of each meter: two weeks by the hour, and more than an hour of any that speaks every 12 seconds.
LOOKED_AT: Final = 340
TRIES: Final = 5
# The first repetition comes after this long, each further one after twice as long: a day and more in all.
PATIENCE: Final = timedelta(hours=1)
AT_ONCE: Final = 1000
FIND: Final = """
WITH hanging AS (
    SELECT DISTINCT device.id FROM metering_device device
    JOIN metering_installation stay ON stay.device_id = device.id
    WHERE device.utility_id = %(utility)s AND device.kind = 'heat_meter'
      AND stay.starts_at <= %(at)s AND (stay.ends_at IS NULL OR stay.ends_at > %(at)s)
), heard AS (
    SELECT hanging.id AS device_id, newest.measured_at, newest.seq,
        lag(newest.measured_at) OVER own AS before, lag(newest.seq) OVER own AS seq_before,
        lead(newest.measured_at) OVER own AS after
    FROM hanging CROSS JOIN LATERAL (
        SELECT measured_at,
            CASE jsonb_typeof(raw -> 'seq') WHEN 'number' THEN (raw ->> 'seq')::numeric END AS seq
        FROM metering_reading WHERE device_id = hanging.id AND measured_at <= %(at)s
        ORDER BY measured_at DESC LIMIT %(looked_at)s
    ) newest
    WINDOW own AS (PARTITION BY hanging.id ORDER BY newest.measured_at)
), usual AS (
    -- Four steps are the fewest that make a habit.
    SELECT device_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY measured_at - before) AS step
    FROM heard WHERE before IS NOT NULL GROUP BY device_id HAVING count(*) >= 4
), holes AS (
    SELECT heard.device_id, before AS starts_at, measured_at AS ends_at,
        CASE WHEN seq > seq_before + 1 THEN 'sequence' ELSE 'interval' END AS kind,
        CASE WHEN seq > seq_before + 1 THEN seq - seq_before - 1
             ELSE round(extract(epoch FROM measured_at - before) / extract(epoch FROM step)) - 1
        END AS missing
    FROM heard JOIN usual USING (device_id)
    -- A meter that counts its readings knows best: its next number after a long pause is no hole.
    WHERE seq > seq_before + 1 OR (seq - seq_before IS DISTINCT FROM 1 AND measured_at - before > 1.9 * step)
    UNION ALL
    SELECT heard.device_id, measured_at, NULL, 'silence',
        floor(extract(epoch FROM %(at)s - measured_at) / extract(epoch FROM step))
    FROM heard JOIN usual USING (device_id)
    WHERE after IS NULL AND %(at)s - measured_at > greatest(3 * step, interval '2 hours')
), looked AS (
    SELECT device_id, min(measured_at) AS since FROM heard GROUP BY device_id
), closed AS (
    -- What came fills a gap, or leaves a smaller one that begins later. A gap older than what was looked at
    -- leaves no hole there, whatever is missing: as many as were missing have to have come.
    UPDATE metering_readinggap gap SET state = 'filled', closed_at = %(at)s
    WHERE gap.utility_id = %(utility)s AND gap.state <> 'filled'
      AND NOT EXISTS (SELECT FROM holes
          WHERE holes.device_id = gap.device_id AND holes.starts_at = gap.starts_at)
      AND CASE WHEN EXISTS (SELECT FROM looked
              WHERE looked.device_id = gap.device_id AND looked.since <= gap.starts_at)
          THEN EXISTS (SELECT FROM metering_reading reading WHERE reading.device_id = gap.device_id
              AND reading.measured_at > gap.starts_at AND reading.measured_at <= %(at)s
              AND (gap.ends_at IS NULL OR reading.measured_at < gap.ends_at))
          ELSE gap.missing <= (SELECT count(*) FROM metering_reading reading
              WHERE reading.device_id = gap.device_id
              AND reading.measured_at > gap.starts_at AND reading.measured_at < gap.ends_at)
          END
    RETURNING gap.id
), found AS (
    INSERT INTO metering_readinggap AS known
        (utility_id, device_id, starts_at, ends_at, kind, missing, state, tries, found_at)
    SELECT %(utility)s, device_id, starts_at, ends_at, kind, greatest(least(missing, 2147483647), 1),
        'open', 0, %(at)s
    FROM holes
    ON CONFLICT (device_id, starts_at) DO UPDATE
    SET ends_at = excluded.ends_at, kind = excluded.kind, missing = excluded.missing,
        -- Who was silent was asked in vain, and speaks again: it is asked anew.
        state = CASE WHEN known.ends_at IS NULL THEN 'open' ELSE known.state END,
        tries = CASE WHEN known.ends_at IS NULL THEN 0 ELSE known.tries END,
        asked_at = CASE WHEN known.ends_at IS NULL THEN NULL ELSE known.asked_at END,
        closed_at = NULL
    WHERE known.ends_at IS DISTINCT FROM excluded.ends_at
      AND (known.state IN ('open', 'asked') OR known.state = 'given_up' AND known.ends_at IS NULL)
    RETURNING xmax = 0 AS is_new
)
SELECT (SELECT count(*) FROM found WHERE is_new), (SELECT count(*) FROM closed)
"""

# Publishes each (topic, message) at QoS 1; tells of each whether the broker took it.
Publish = Callable[[Sequence[tuple[str, dict[str, Any]]]], Sequence[bool]]


@dataclass(frozen=True, slots=True)
class Gaps:
    """How many gaps were found now, and how many that were known have been filled meanwhile."""

    found: int
    filled: int


@transaction.atomic
def find_gaps(*, at: datetime) -> Gaps:
    """Look through the newest readings of every hanging heat meter of the utility in scope; may run twice."""
    named: dict[str, int | datetime] = {
        "utility": current_utility_id(),
        "at": at,
        "looked_at": LOOKED_AT,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIND, named)
        found, filled = cursor.fetchone() or (0, 0)
    return Gaps(found=found, filled=filled)


def ask_again(*, at: datetime, publish: Publish, at_once: int = AT_ONCE) -> int:
    """Ask for what is missing and due, oldest first, ``at_once`` at most; how many gaps were asked for.

    The meter is asked, or the gateway that carries it. After five times in vain a gap is given up. A gap is
    marked before it is asked for, so that no lock waits for a broker; a crash in between is a time in vain.
    """
    marked = _mark(at=at, at_once=at_once)
    if not marked:
        return 0
    taken = publish([(_topic(one.gap), _request(one.gap, at=at)) for one in marked])
    unheard = {
        one.gap.pk: one.asked_before for one, is_taken in zip(marked, taken, strict=True) if not is_taken
    }
    if unheard:
        _take_back(unheard, at=at)
    return len(marked) - len(unheard)


class _Marked(NamedTuple):
    """A gap that is to be asked for, and when it was the last time."""

    gap: ReadingGap
    asked_before: datetime | None


@transaction.atomic
def _mark(*, at: datetime, at_once: int) -> list[_Marked]:
    """Give up what was asked for too often, and mark what is due as asked for."""
    ReadingGap.objects.filter(_waited(TRIES, at=at)).update(state=GapState.GIVEN_UP, closed_at=at)
    due = Q(state=GapState.OPEN)
    for tries in range(1, TRIES):
        due |= _waited(tries, at=at)
    asked = ReadingGap.objects.select_for_update(of=["self"], skip_locked=True).select_related(
        "device__gateway", "utility"
    )
    # Whom nobody can ask must not take the place of those who can be asked.
    mute = Q(device__gateway=None, device__identity="")
    gaps = list(asked.filter(due).exclude(mute).order_by("starts_at", "pk")[:at_once])
    marked = [_Marked(gap, gap.asked_at) for gap in gaps]
    for gap in gaps:
        gap.state, gap.tries, gap.asked_at = GapState.ASKED, gap.tries + 1, at
    ReadingGap.objects.bulk_update(gaps, ["state", "tries", "asked_at"])
    return marked


@transaction.atomic
def _take_back(unheard: Mapping[int, datetime | None], *, at: datetime) -> None:
    """Mark as not asked what the broker did not take, unless something else has become of it meanwhile."""
    gaps = list(
        ReadingGap.objects.select_for_update().filter(pk__in=unheard, state=GapState.ASKED, asked_at=at)
    )
    for gap in gaps:
        gap.tries, gap.asked_at = gap.tries - 1, unheard[gap.pk]
        gap.state = GapState.ASKED if gap.tries else GapState.OPEN
    ReadingGap.objects.bulk_update(gaps, ["state", "tries", "asked_at"])


def _waited(tries: int, *, at: datetime) -> Q:
    """The gaps that were asked for so often, and long ago enough."""
    return Q(state=GapState.ASKED, tries=tries, asked_at__lte=at - PATIENCE * 2 ** (tries - 1))


def _speaker(gap: ReadingGap) -> str:
    """Who has the meter's memory: the gateway it hangs on, or itself."""
    return gap.device.gateway.identity if gap.device.gateway else gap.device.identity


def _topic(gap: ReadingGap) -> str:
    return topics.down(utility=gap.utility.slug, device=_speaker(gap), channel=CHANNEL)


def _request(gap: ReadingGap, *, at: datetime) -> dict[str, Any]:
    ends_at = gap.ends_at or at
    return {
        "request": gap.pk,
        "meter": gap.device.serial,
        "from": gap.starts_at.isoformat().replace("+00:00", "Z"),
        "to": ends_at.isoformat().replace("+00:00", "Z"),
    }
