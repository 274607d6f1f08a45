"""What arrived lately, of all meters at once, with just enough around it to see whether it is plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from django.db import connection

from metering.models import WatchedMeter
from metering.queries.neighbourhoods import VALUES, Stretch, arrays_of, meters
from metering.validation import Meter, Series, hung, is_plain

# How many readings before an arrival: the one it goes on from; and, where the register stands under load,
# as many as it takes to see it move.
DEPTHS: Final = (1, 24)
# The reading after a stretch tells whether the stretch came late.
ARRIVED: Final = f"""
SELECT stretch.n::int - 1, around.*
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
    AS stretch(device_id, first_at, last_at, n)
CROSS JOIN LATERAL (
    (SELECT floor(EXTRACT(epoch FROM measured_at))::bigint AS at_s, {VALUES} FROM metering_reading reading
     WHERE device_id = stretch.device_id AND measured_at < stretch.first_at
     ORDER BY measured_at DESC LIMIT %s)
    UNION ALL
    (SELECT floor(EXTRACT(epoch FROM measured_at))::bigint, {VALUES} FROM metering_reading reading
     WHERE device_id = stretch.device_id AND measured_at BETWEEN stretch.first_at AND stretch.last_at)
    UNION ALL
    (SELECT floor(EXTRACT(epoch FROM measured_at))::bigint, {VALUES} FROM metering_reading reading
     WHERE device_id = stretch.device_id AND measured_at > stretch.last_at ORDER BY measured_at LIMIT 1)
) around ORDER BY stretch.n, around.at_s
"""  # noqa: S608 - our own names


def not_plain(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Those whose neighbourhood has to be looked at: their meter is watched, or they are not plain.

    Of the others the rules would find nothing: what is before them was plain when it was looked at, and
    nothing is after them. A few statements, whatever their number.
    """
    devices = {one.device_id for one in stretches}
    watched = set(WatchedMeter.objects.filter(device_id__in=devices).values_list("device_id", flat=True))
    known = meters(sorted(devices - watched))
    doubtful = devices - watched
    for depth in DEPTHS:
        asked = [one for one in stretches if one.device_id in doubtful]
        if asked:
            doubtful = _doubtful(asked, known, depth=depth)
    return [one for one in stretches if one.device_id in watched | doubtful]


def _doubtful(stretches: Sequence[Stretch], known: dict[int, Meter], *, depth: int) -> set[int]:
    """The meters among whose readings in or right before these stretches is one that is not plain."""
    columns: list[list[Any]] = [[s.device_id for s in stretches], [s.first_at for s in stretches]]
    with connection.cursor() as cursor:
        cursor.execute(ARRIVED, [*columns, [s.last_at for s in stretches], depth])
        n, at_s, *values = map(list, zip(*cursor.fetchall(), strict=True))
    owners = [columns[0][place] for place in n]
    found = Series(at_s=np.array(at_s, dtype=np.int64), **arrays_of(values))
    begins = np.diff(np.array(n), prepend=-1) != 0
    first = [known[owners[row]] for row in np.flatnonzero(begins).tolist()]
    plain = is_plain(
        found,
        begins=begins,
        limit_w=np.array([meter.limit_w for meter in first])[np.cumsum(begins) - 1],
        is_hung=hung(found.at_s, begins, first),
    )
    return {owners[row] for row in np.flatnonzero(~plain).tolist()}
