"""Lists: newest first, filtered, cut into pages by cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from billing.fakestripe.book import Json
from billing.fakestripe.expand import page
from billing.fakestripe.refusals import malformed, missing

DEFAULT_LIMIT: Final = 10
MAX_LIMIT: Final = 100
CURSORS: Final = ("limit", "starting_after", "ending_before", "expand")


def listed(things: Iterable[Json], params: Json, *, url: str) -> Json:
    """One page of ``things`` (newest first); every parameter that is no cursor is a filter by equality.

    Raises:
        StripeRefusalError: the limit is out of bounds or a cursor names nothing in the list.
    """
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise malformed("This value must be between 1 and 100.", param="limit")
    filters = {name: value for name, value in params.items() if name not in CURSORS}
    # Read only as far as the page needs: there are hundreds of thousands of events in a long test.
    rows = (row for row in things if all(_matches(row, *pair) for pair in filters.items()))
    if "ending_before" in params:
        newer = list(_before(rows, params["ending_before"]))
        return page(newer[-limit:], url=url, has_more=len(newer) > limit)
    if "starting_after" in params:
        for _newer in _before(rows, params["starting_after"]):
            pass
    found = list(islice(rows, limit + 1))
    return page(found[:limit], url=url, has_more=len(found) > limit)


def _matches(row: Json, name: str, wanted: object) -> bool:
    if name == "types":
        return isinstance(wanted, list) and row["type"] in wanted
    return bool(row.get(name) == wanted)


def _before(rows: Iterator[Json], ident: str) -> Iterator[Json]:
    """The rows that come before the one named, which is taken too."""
    for row in rows:
        if row["id"] == ident:
            return
        yield row
    raise missing("object", ident)
