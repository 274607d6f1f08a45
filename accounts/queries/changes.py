"""What changed in a home since an app last asked; no commit is lost, however late it comes.

A clock would lose rows: a transaction that began before the app asked may commit after it. So every change
carries its transaction's number, and the cursor handed out is the oldest transaction that was still under
way: whatever commits later has that number or a higher one. What was already seen may come again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import connection

from accounts.enums import ChangeKind
from accounts.queries.access import Access
from accounts.scope import scoped_utility_id

PAGE: Final = 500
SHOWN: Final = 16

# One statement, so that the horizon and the changes are of one snapshot. What lies below the horizon stands
# still and is paged; what lies above may move yet and is sent whole.
CHANGES: Final = """
WITH seen AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS newest
), mine AS (
    SELECT change.kind, change.object_id, change.gone, change.xid, change.id
    FROM accounts_homechange change
    WHERE change.household_id = %(household)s AND change.kind = ANY(%(kinds)s)
        AND (change.xid, change.id) > (%(xid)s, %(id)s)
        AND (%(wall)s::bigint IS NULL OR change.utility_id = %(wall)s)
)
SELECT seen.horizon, seen.newest, mine.* FROM seen LEFT JOIN (
    (SELECT * FROM mine WHERE xid < (SELECT horizon FROM seen) ORDER BY xid, id LIMIT %(page)s + 1)
    UNION ALL
    (SELECT * FROM mine WHERE xid >= (SELECT horizon FROM seen))
) mine ON TRUE ORDER BY mine.xid, mine.id
"""


class CursorUnknownError(ValueError):
    """The cursor is of another home, another way into it, or another database: begin anew."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Things that changed, by kind, those that are gone, and where to go on; ``more`` if at once."""

    changed: dict[ChangeKind, set[int]]
    gone: list[tuple[ChangeKind, int]]
    cursor: str
    more: bool


def changes_since(access: Access, *, kinds: Collection[ChangeKind], cursor: str = "") -> Changes:
    """What changed in the home since ``cursor``; without one, all there is. Two statements.

    Raises:
        CursorUnknownError: nothing can be told from it.
    """
    view = _view(access, kinds)
    xid, after = _parsed(cursor, view)
    rows = _rows(access, kinds, xid=xid, after=after)
    horizon, newest = rows[0][:2]
    if xid > newest:
        raise CursorUnknownError("The cursor is from a future that this database does not have.")
    found = [row[2:] for row in rows if row[2] is not None]
    settled = [row for row in found if row[3] < horizon]
    more = len(settled) > PAGE
    if more:
        found = settled[:PAGE]
        *_what, xid, after = found[-1]
    else:
        xid, after = horizon, 0
    changed: dict[ChangeKind, set[int]] = {kind: set() for kind in kinds}
    for kind, object_id, gone, _xid, _id in found:
        if not gone:
            changed[ChangeKind(kind)].add(object_id)
    deleted = [(ChangeKind(kind), object_id) for kind, object_id, gone, *_order in found if gone]
    return Changes(changed, deleted if cursor else [], f"{xid}-{after}-{view}", more)


def _rows(
    access: Access, kinds: Collection[ChangeKind], *, xid: int, after: int
) -> list[tuple[int, int, str, int, bool, int, int]]:
    values: dict[str, int | str | list[str] | None] = {
        "household": access.household.pk,
        "kinds": [kind.value for kind in kinds],
        "xid": xid,
        "id": after,
        "wall": scoped_utility_id(),
        "page": PAGE,
    }
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, values)
        return list(cursor.fetchall())


def _view(access: Access, kinds: Collection[ChangeKind]) -> str:
    """What a cursor holds for: this database, this home, since when and what of it one may see."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        database = cursor.fetchone()[0]
    said = [database, access.household.pk, access.since.isoformat(), *sorted(kinds)]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:SHOWN]


def _parsed(cursor: str, view: str) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    xid, _dash, rest = cursor.partition("-")
    after, _dash, told = rest.partition("-")
    if told != view or not (_is_number(xid) and _is_number(after)):
        raise CursorUnknownError("The cursor is of another home, another way into it, or another database.")
    return int(xid), int(after)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < SHOWN
