"""Puts the clerk's utility in scope for every page of the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts.models import User, Utility
from accounts.queries.access import desk_utilities
from accounts.scope import NoUtilityInScopeError, utility_scope
from accounts.told import acting

DESK_PREFIX: Final = "/admin/"
SESSION_KEY: Final = "desk_utility"


class DeskScopeMiddleware:
    """Enters the scope of the utility a clerk works for; chosen once, kept in the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer inside the scope, where there is a clerk and a desk."""
        utility = self._utility(request) if request.path.startswith(DESK_PREFIX) else None
        if not request.path.startswith(DESK_PREFIX):
            return self.get_response(request)
        with acting(request.user.pk, reason=f"{request.method} {request.path}"):
            if utility is None:
                return self.get_response(request)
            with utility_scope(utility):
                return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Without a utility in scope a tenant's page cannot be shown: back to where one is chosen or made."""
        if isinstance(error, NoUtilityInScopeError) and request.path.startswith(DESK_PREFIX):
            return redirect("admin:index")
        return None

    def _utility(self, request: HttpRequest) -> Utility | None:
        if not isinstance(request.user, User) or not request.user.is_staff:
            return None
        utilities = desk_utilities(request.user, at=timezone.now())
        chosen = request.session.get(SESSION_KEY)
        return next((u for u in utilities if u.pk == chosen), next(iter(utilities), None))
