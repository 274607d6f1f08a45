"""`key__any_of=[…]`: one of many keys, sent as one array.

`in` makes a parameter of each key: with a thousand homes in a batch, making, escaping and parsing those
costs more than the rows they ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigAutoField, ForeignKey, Lookup
from django.db.models.sql.compiler import SQLCompiler


@BigAutoField.register_lookup
@ForeignKey.register_lookup
class AnyOf(Lookup):
    """``rhs`` is any iterable of keys; none of them finds nothing."""

    lookup_name = "any_of"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Iterable[int]) -> None:  # noqa: ANN401 - an expression
        """Take the keys once, so that the query can be run again."""
        super().__init__(lhs, list(rhs))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """The comparison with an array."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*params, self.rhs)
