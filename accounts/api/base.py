"""The one way a request reaches a home: through a membership, into its utility's scope."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from accounts.period import Period
from accounts.queries.access import Access, BeforeYourTimeError, access_to
from accounts.scope import utility_scope
from accounts.told import acting
from config.api.problem import DomainProblem


def signed_in(request: Request) -> User:
    """The person who asks.

    Raises:
        NotAuthenticated: nobody is signed in.
    """
    if not isinstance(request.user, User):
        raise exceptions.NotAuthenticated
    return request.user


def seen(access: Access, period: Period[datetime]) -> Period[datetime]:
    """The part of ``period`` that a person may see.

    Raises:
        DomainProblem: none of it, with status 403.
    """
    try:
        return access.visible(period)
    except BeforeYourTimeError as error:
        raise DomainProblem(
            code="before_your_time", detail=str(error), status=HTTPStatus.FORBIDDEN
        ) from error


class HouseholdView(APIView):
    """A view about one home, ``household_id`` in its address.

    Inside it `self.access` is set and the home's utility is in scope. A home that is not the
    person's own answers 404, like one that does not exist. `needs_money` views refuse a caretaker.
    """

    access: Access
    needs_money = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's signature
        """Leave the scope that `initial` enters, whatever happened between."""
        with ExitStack() as self._scopes:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as above
        """Authenticate, find the way in, enter the scope."""
        super().initial(request, *args, **kwargs)
        access = self.find_access(signed_in(request), at=timezone.now())
        if access is None:
            raise exceptions.NotFound
        if self.needs_money and not access.sees_money:
            raise exceptions.PermissionDenied
        self.access = access
        self._scopes.enter_context(utility_scope(access.utility))
        reason = f"{request.method} {request.path}"
        self._scopes.enter_context(acting(signed_in(request).pk, reason=reason))

    def find_access(self, user: User, *, at: datetime) -> Access | None:
        """The person's way to what the address names; a view about a thing within a home overrides it."""
        return access_to(user, self.kwargs["household_id"], at=at)
