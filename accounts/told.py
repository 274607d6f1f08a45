"""What the database is told before a statement that may write: at which utility, who acts, and why.

The audit's trigger writes it down. Told by session settings, afresh whenever the context has changed, and
never by hand; reads cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection
from psycopg.pq import TransactionStatus

from accounts.scope import scope_told

Words = tuple[str, str, str]

TELL: Final = (
    "SELECT set_config('hearthline.utility', %s, false), set_config('hearthline.actor', %s, false),"
    " set_config('hearthline.reason', %s, false)"
)
LONGEST_REASON: Final = 240
NOBODY: Final = ("", "")
# What writes nothing, begins nothing and so needs nothing told.
TAKES_BACK: Final = "ROLLBACK"
READS: Final = ("SELECT", "SAVEPOINT", "RELEASE", "DECLARE", "FETCH", "SHOW", "EXPLAIN")

_acting: ContextVar[tuple[str, str]] = ContextVar("acting", default=NOBODY)


@dataclass(slots=True)
class _Told:
    words: Words
    # Within a transaction a rollback takes it back.
    in_transaction: bool


_told: WeakKeyDictionary[Connection[Any], _Told] = WeakKeyDictionary()


@contextmanager
def acting(user_id: int | None, *, reason: str = "") -> Iterator[None]:
    """Let what is changed inside be on record as done by this person, for this reason."""
    token = _acting.set(("" if user_id is None else str(user_id), reason[:LONGEST_REASON]))
    try:
        yield
    finally:
        _acting.reset(token)


def tell_on(connection: BaseDatabaseWrapper) -> None:
    """Tell this connection, from its next statement on."""
    if _tell not in connection.execute_wrappers:
        connection.execute_wrappers.append(_tell)


def _tell(
    execute: Callable[..., Any],
    sql: Any,  # noqa: ANN401 - Django's signature
    params: Any,  # noqa: ANN401 - as above
    many: bool,  # noqa: FBT001 - as above
    context: dict[str, Any],
) -> Any:  # noqa: ANN401 - as above
    raw: Connection[Any] = context["connection"].connection
    head, told = str(sql)[:40].lstrip().upper(), _told.get(raw)
    is_over = told is not None and told.in_transaction and _status(raw) == TransactionStatus.IDLE
    if is_over or head.startswith(TAKES_BACK):
        _told.pop(raw, None)
    if not head.startswith((*READS, TAKES_BACK)):
        _tell_now(raw, (scope_told(), *_acting.get()))
    return execute(sql, params, many, context)


def _tell_now(raw: Connection[Any], words: Words) -> None:
    told = _told.get(raw)
    if _status(raw) == TransactionStatus.INERROR or (told is not None and told.words == words):
        return
    # Not through Django: it is no statement of the program's, and counts as none.
    raw.execute(TELL, words)
    _told[raw] = _Told(words, in_transaction=_status(raw) != TransactionStatus.IDLE)


def _status(raw: Connection[Any]) -> TransactionStatus:
    return raw.info.transaction_status
