"""What the desk's pages of all apps ask about rights."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import User


def is_superuser(request: HttpRequest) -> bool:
    """Whether the one who asks stands above all utilities."""
    return isinstance(request.user, User) and request.user.is_superuser


def person(request: HttpRequest) -> User:
    """Who sits at the desk.

    Raises:
        PermissionDenied: nobody has signed in.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class WorkedOff:
    """A queue's rows: processes make them, actions work them off, nobody deletes them."""

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


class ReadOnly:
    """A page or an inline to look at: residents, processes and operations make these rows."""

    # Triggers refuse to change most of them, so a button would only lead to an error.

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False
