"""Validating what was stored: findings are written beside the readings, disproved ones withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import connection, transaction

from accounts.models import Utility
from accounts.scope import current_utility_id
from metering.models import ValidationCursor
from metering.operations.tables import READINGS
from metering.queries.neighbourhoods import Neighbourhood, Stretch, neighbourhoods, touched
from metering.validation import UNUSABLE, explain, validate

# A batch that was under way while the cursor moved is looked at again.
OVERLAP: Final = timedelta(minutes=1)
THE_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
METERS_AT_ONCE: Final = 100
# The places of a reading's utility and its arrival in a row of its table.
ARRIVAL: Final = tuple(list(READINGS.columns).index(name) for name in ("utility_id", "received_at"))
FOUND: Final = """
unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::boolean[], %s::bigint[], %s::text[])
    AS found(device_id, measured_at, finding, is_unusable, carry_wh, detail)
"""
WRITE: Final = f"""
INSERT INTO metering_readingflag
    (utility_id, device_id, measured_at, finding, is_unusable, carry_wh, detail, found_at)
SELECT %s, found.*, %s FROM {FOUND}
ON CONFLICT (device_id, measured_at, finding) WHERE withdrawn_at IS NULL DO NOTHING
"""  # noqa: S608 - our own names
WITHDRAW: Final = f"""
UPDATE metering_readingflag flag SET withdrawn_at = %s
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS looked(device_id, first_at, last_at)
WHERE flag.device_id = looked.device_id AND flag.measured_at BETWEEN looked.first_at AND looked.last_at
  AND flag.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT FROM {FOUND} WHERE found.device_id = flag.device_id AND found.measured_at = flag.measured_at
    AND found.finding = flag.finding)
"""  # noqa: S608 - our own names
# Without a condition on purpose: it waits for a run under way, and moves back what that run moved on.
MOVE_BACK: Final = """
UPDATE metering_validationcursor AS known
SET validated_through = LEAST(known.validated_through, arrived.first_at - interval '1 microsecond')
FROM (SELECT utility_id, min(received_at) FROM unnest(%s::bigint[], %s::timestamptz[])
      AS stored(utility_id, received_at) GROUP BY utility_id) AS arrived(utility_id, first_at)
WHERE known.utility_id = arrived.utility_id
"""


@dataclass(frozen=True, slots=True)
class Validated:
    """What a run looked at and what it changed."""

    meters: int
    found: int
    withdrawn: int


@transaction.atomic
def validate_readings(*, at: datetime) -> Validated:
    """Validate the neighbourhoods of all that arrived since the last run, up to ``at``; one transaction.

    Late readings reopen their neighbourhood: what they disprove is withdrawn. A second run at the same
    time waits for the first and finds little left.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    ValidationCursor.objects.get_or_create(utility=utility, defaults={"validated_through": THE_BEGINNING})
    cursor = ValidationCursor.objects.select_for_update().get(utility=utility)
    stretches = touched(after=cursor.validated_through - OVERLAP, until=at)
    found = withdrawn = 0
    for n in range(0, len(stretches), METERS_AT_ONCE):
        changed = _validate(stretches[n : n + METERS_AT_ONCE], at=at)
        found, withdrawn = found + changed[0], withdrawn + changed[1]
    cursor.validated_through = max(cursor.validated_through, at)
    cursor.save(update_fields=["validated_through"])
    return Validated(len(stretches), found, withdrawn)


def validate_again(*, readings: Sequence[tuple[Any, ...]]) -> None:
    """Let the next run look at these rows, stored now with an arrival that lies behind their cursor.

    They are in the columns of their table, and may be of several utilities.
    """
    if readings:
        arrivals = [[row[column] for row in readings] for column in ARRIVAL]
        with connection.cursor() as cursor:
            cursor.execute(MOVE_BACK, arrivals)


def _validate(stretches: Sequence[Stretch], *, at: datetime) -> tuple[int, int]:
    rows = [row for around in neighbourhoods(stretches) for row in _findings(around)]
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 6
    looked: list[list[Any]] = [
        [one.device_id for one in stretches],
        [one.first_at for one in stretches],
        [one.last_at for one in stretches],
    ]
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW, [at, *looked, *columns])
        withdrawn = cursor.rowcount
        cursor.execute(WRITE, [current_utility_id(), at, *columns])
        return cursor.rowcount, withdrawn


def _findings(around: Neighbourhood) -> list[tuple[Any, ...]]:
    """A row a finding; the anchor was judged in a neighbourhood of its own."""
    found = validate(around.series, around.meter, anchored=around.anchored)
    return [
        (
            around.device_id,
            around.measured_at[n],
            finding.value,
            finding in UNUSABLE,
            found.carry_wh.get(n) if finding == finding.ROLLOVER else None,
            explain(finding, around.series, n),
        )
        for finding, flags in found.flags.items()
        for n in np.flatnonzero(flags).tolist()
        if n or not around.anchored
    ]
