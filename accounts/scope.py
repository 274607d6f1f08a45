"""The tenants' wall: queries see one utility, the one in scope, and raise where none is.

The scope is a context variable, so it follows a request into its thread and a socket into its task.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import models

if TYPE_CHECKING:
    from accounts.models.utility import Utility

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=models.Model)

_ALL: Final = 0  # no primary key is 0
_utility_id: ContextVar[int | None] = ContextVar("utility_id", default=None)


class NoUtilityInScopeError(RuntimeError):
    """A query on a utility's data was made without saying which utility's."""

    def __init__(self, what: str) -> None:
        """Name ``what`` was asked for, so that the missing scope is found at once."""
        super().__init__(
            f"{what} was asked for with no utility in scope. Enter utility_scope(utility) first."
        )


@contextmanager
def utility_scope(utility: Utility | int) -> Iterator[None]:
    """Let every query inside see only the data of ``utility`` (the row or its primary key)."""
    token = _utility_id.set(utility if isinstance(utility, int) else utility.pk)
    try:
        yield
    finally:
        _utility_id.reset(token)


@contextmanager
def across_utilities(reason: str) -> Iterator[None]:
    """Let queries inside see all utilities; for processes that serve them all, never to answer a request."""
    logger.debug("queries across utilities: %s", reason)
    token = _utility_id.set(_ALL)
    try:
        yield
    finally:
        _utility_id.reset(token)


def current_utility_id() -> int:
    """The primary key of the utility in scope.

    Raises:
        NoUtilityInScopeError: none is, or all are.
    """
    utility_id = _utility_id.get()
    if not utility_id:
        raise NoUtilityInScopeError("The utility")
    return utility_id


def utility_in_scope() -> int | None:
    """The primary key of the utility in scope; None where none is, or all are."""
    return _utility_id.get() or None


def scoped_utility_id() -> int | None:
    """The wall for a hand-written statement: the utility in scope, None where all of them are.

    Raises:
        NoUtilityInScopeError: no scope was entered.
    """
    utility_id = _utility_id.get()
    if utility_id is None:
        raise NoUtilityInScopeError("A statement")
    return utility_id or None


def scope_told() -> str:
    """The scope as the database is told it: a key, "all", or nothing."""
    utility_id = _utility_id.get()
    if utility_id is None:
        return ""
    return str(utility_id) if utility_id else "all"


class TenantManager(models.Manager[M]):
    """Rows of the utility in scope; raises at once where none is, before any queryset exists."""

    def get_queryset(self) -> models.QuerySet[M]:
        """The scoped queryset.

        Raises:
            NoUtilityInScopeError: no scope was entered.
        """
        utility_id = _utility_id.get()
        if utility_id is None:
            raise NoUtilityInScopeError(self.model._meta.label)
        rows = super().get_queryset()
        return rows if utility_id == _ALL else rows.filter(utility_id=utility_id)


class UtilityKey(models.ForeignKey["Utility", "Utility"]):
    """The tenant's key; a new row takes the utility in scope."""

    def __init__(self, to: Any = "accounts.Utility", **options: Any) -> None:  # noqa: ANN401 - a field's options
        """Point at the utility, protected, hidden from forms."""
        super().__init__(to, **{"on_delete": models.PROTECT, **options, "editable": False})

    def get_default(self) -> int:
        """The utility in scope; not a `default=`, which would tie migrations to this app."""
        return current_utility_id()

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """A plain foreign key, so that migrations need nothing of this app."""
        name, _path, args, options = super().deconstruct()
        return name or "", "django.db.models.ForeignKey", args, options


class TenantModel(models.Model):
    """A row that belongs to one utility; new rows take the utility in scope."""

    utility = UtilityKey(related_name="+")

    objects = TenantManager()

    class Meta:
        abstract = True
        # Related access and deletion go through the base manager: it has to stand behind the wall too.
        base_manager_name = "objects"
