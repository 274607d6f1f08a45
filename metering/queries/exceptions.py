"""The queue of exceptions: runs of one finding on one meter, and what each of them holds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from metering.enums import Finding
from metering.models import Installation, Reading, ReadingFlag
from metering.queries.neighbourhoods import usable_readings

# Findings closer together than this are one exception: a weekly reading's as well.
TOGETHER: Final = timedelta(days=8)
# What only wants to be known, is settled, or is nobody's at all.
NOBODYS: Final = (Finding.LATE, Finding.DUPLICATE, Finding.DRIFT, Finding.REJECTED, Finding.NOT_INSTALLED)
# What an exception holds up, the worst first: a home's bill, the split of its use, nothing.
BILL, SPLIT, NOTHING = 0, 1, 2
EXTENTS: Final = """
WITH runs AS (
    SELECT head.id, flag.measured_at,
           lag(flag.measured_at) OVER (PARTITION BY head.id ORDER BY flag.measured_at) AS earlier
    FROM metering_readingflag head
    JOIN metering_readingflag flag ON flag.device_id = head.device_id AND flag.finding = head.finding
        AND flag.withdrawn_at IS NULL AND flag.measured_at >= head.measured_at
    WHERE head.id = ANY(%s)),
marked AS (
    SELECT id, measured_at, count(*) FILTER (WHERE measured_at - earlier > make_interval(secs => %s))
        OVER (PARTITION BY id ORDER BY measured_at) AS breaks
    FROM runs)
SELECT id, count(*), max(measured_at) FROM marked WHERE breaks = 0 GROUP BY id
"""
COVERED: Final = """
SELECT flag.device_id, flag.measured_at FROM metering_readingflag head
JOIN metering_readingflag flag ON flag.device_id = head.device_id AND flag.finding = head.finding
    AND flag.withdrawn_at IS NULL
JOIN unnest(%s::bigint[], %s::timestamptz[]) AS reach(id, last_at) ON reach.id = head.id
WHERE flag.measured_at BETWEEN head.measured_at AND reach.last_at ORDER BY flag.device_id, flag.measured_at
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an exception reaches: how many readings, and the last of them."""

    readings: int
    last_at: datetime


def exceptions() -> QuerySet[ReadingFlag]:
    """The first finding of each exception in the utility in scope, what holds up most before the rest.

    Each carries ``holds_up`` (`BILL`, `SPLIT` or `NOTHING`) and ``place_id``, the installation it is at.
    """
    standing = ReadingFlag.objects.filter(withdrawn_at=None)
    earlier = standing.filter(
        device_id=OuterRef("device_id"),
        finding=OuterRef("finding"),
        measured_at__lt=OuterRef("measured_at"),
        measured_at__gte=OuterRef("measured_at") - TOGETHER,
    )
    unusable = standing.filter(
        device_id=OuterRef("device_id"), measured_at=OuterRef("measured_at"), is_unusable=True
    )
    usable_later = Reading.objects.filter(
        ~Exists(unusable),
        device_id=OuterRef("device_id"),
        measured_at__gt=OuterRef("measured_at"),
        energy_wh__isnull=False,
    )
    place = Installation.objects.filter(
        Q(ends_at=None) | Q(ends_at__gte=OuterRef("measured_at")),
        device_id=OuterRef("device_id"),
        starts_at__lte=OuterRef("measured_at"),
    )
    return (
        standing.exclude(finding__in=NOBODYS)
        .filter(~Exists(earlier))
        .annotate(
            holds_up=Case(
                When(Q(is_unusable=True) & ~Exists(usable_later), then=Value(BILL)),
                When(is_unusable=True, then=Value(SPLIT)),
                default=Value(NOTHING),
                output_field=IntegerField(),
            ),
            place_id=Subquery(place.order_by("starts_at").values("pk")[:1]),
        )
        .order_by("holds_up", F("measured_at").asc(), "pk")
    )


def extents(head_ids: Sequence[int]) -> dict[int, Extent]:
    """How far each of these exceptions reaches; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(EXTENTS, [list(head_ids), TOGETHER.total_seconds()])
        return {pk: Extent(readings, last_at) for pk, readings, last_at in cursor.fetchall()}


def covered_readings(head_ids: Sequence[int]) -> list[tuple[int, datetime]]:
    """Device and instant of every reading in these exceptions."""
    reach = extents(head_ids)
    with connection.cursor() as cursor:
        cursor.execute(COVERED, [list(reach), [one.last_at for one in reach.values()]])
        return [(device_id, measured_at) for device_id, measured_at in cursor.fetchall()]


def last_usable_before(device_id: int, at: datetime) -> Reading | None:
    """The last reading before ``at`` whose register can be used."""
    return usable_readings(device_id).filter(measured_at__lt=at).order_by("-measured_at").first()
