"""Rows by the thousand into our own tables: COPY, with what a row does not say taken from the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import orjson
from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)

NULL: Final = r"\N"
# COPY's text form: a row a line, columns by tabs, and these four characters escaped.
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_CHUNK: Final = 256


def text(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    """A value as COPY reads it."""
    return _WRITERS[type(value)](value) if type(value) in _WRITERS else str(value).translate(_ESCAPED)


def json_text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """A JSON value as COPY reads it; no control character is ever bare in it."""
    return orjson.dumps(value).decode().replace("\\", "\\\\")


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    type(None): lambda _value: NULL,
    bool: lambda value: "t" if value else "f",
    int: str,
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    dict: json_text,
    list: json_text,
}


def copy_in(model: type[Model], columns: Sequence[str], lines: Iterable[str]) -> None:
    """Store ``lines``, each the ``text`` of ``columns`` with tabs between; other columns get their defaults.

    The primary key is the database's where ``columns`` lacks it. Constraints and triggers hold as ever.
    """
    others = [field for field in _stored(model) if field.column not in columns and not field.primary_key]
    defaults = "".join(f"\t{text(field.get_default())}" for field in others)
    names = ", ".join([*columns, *(column_of(field) for field in others)])
    statement = f"COPY {model._meta.db_table} ({names}) FROM STDIN"
    # COPY's errors are psycopg's own unless told otherwise.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as to:
        for chunk in _chunks(lines, f"{defaults}\n"):
            to.write(chunk)


def copy_models(rows: Sequence[M]) -> None:
    """Store new rows of one model, primary keys and all."""
    if not rows:
        return
    fields = [field for field in _stored(type(rows[0])) if rows[0].pk is not None or not field.primary_key]
    names = [field.attname for field in fields]
    lines = ("\t".join([text(getattr(row, name)) for name in names]) for row in rows)
    copy_in(type(rows[0]), [column_of(field) for field in fields], lines)


def next_keys(model: type[Model], count: int) -> list[int]:
    """Primary keys nobody has, ascending: rows of two tables can then be written knowing each other."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, count]
        )
        return [number for (number,) in cursor.fetchall()]


def column_of(field: Field[Any, Any]) -> str:
    """The column of a field that has one."""
    return str(field.column)


def _stored(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def _chunks(lines: Iterable[str], end: str) -> Iterator[str]:
    chunk: list[str] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == _CHUNK:
            yield end.join([*chunk, ""])
            chunk.clear()
    if chunk:
        yield end.join([*chunk, ""])
