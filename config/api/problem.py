"""Errors as RFC 9457 `application/problem+json`, the same from a view and from a middleware."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, TypedDict

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

MEDIA_TYPE: Final = "application/problem+json"
# Stable names; clients compare them, so they are never translated and never reused.
TYPE_PREFIX: Final = "https://hearthline.invalid/problems/"


TITLES: Final = {
    HTTPStatus.BAD_REQUEST: gettext_noop("The request has errors"),
    HTTPStatus.UNAUTHORIZED: gettext_noop("Please sign in"),
    HTTPStatus.FORBIDDEN: gettext_noop("This is not allowed"),
    HTTPStatus.NOT_FOUND: gettext_noop("Not found"),
    HTTPStatus.METHOD_NOT_ALLOWED: gettext_noop("This cannot be done here"),
    HTTPStatus.CONFLICT: gettext_noop("The state of things forbids it"),
    HTTPStatus.GONE: gettext_noop("This is no longer kept"),
    HTTPStatus.PRECONDITION_FAILED: gettext_noop("It has changed meanwhile"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext_noop("The request is too large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: gettext_noop("Only JSON is understood"),
    HTTPStatus.UNPROCESSABLE_ENTITY: gettext_noop("The request is another one"),
    HTTPStatus.PRECONDITION_REQUIRED: gettext_noop("Say what you have seen"),
    HTTPStatus.TOO_MANY_REQUESTS: gettext_noop("Too many requests"),
    HTTPStatus.INTERNAL_SERVER_ERROR: gettext_noop("Something broke on our side"),
    HTTPStatus.BAD_GATEWAY: gettext_noop("A service we need does not answer"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_noop("Not available just now"),
}


class FieldError(TypedDict):
    """One fault in the request body."""

    field: str
    code: str
    detail: str


class Problem(TypedDict):
    """The body of every error."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError]


class DomainProblem(exceptions.APIException):
    """A refusal of the domain: ``code`` is its stable name, ``detail`` the sentence for people."""

    status_code = HTTPStatus.CONFLICT

    def __init__(
        self, *, code: str, detail: str, status: HTTPStatus = HTTPStatus.CONFLICT, wait_s: float = 0
    ) -> None:
        """Take the stable name, the sentence and, where it is no conflict, the status; when to ask again."""
        super().__init__(detail=detail, code=code)
        self.status_code = status
        self.wait = wait_s


def problem(
    *, status: int, code: str, detail: str, instance: str, errors: list[FieldError] | None = None
) -> Problem:
    """The body of an error; its title is translated."""
    return Problem(
        type=TYPE_PREFIX + code,
        title=_(TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase)),
        status=status,
        detail=detail,
        instance=instance,
        errors=errors or [],
    )


def problem_response(request: HttpRequest, *, status: int, code: str, detail: str) -> JsonResponse:
    """An error outside REST framework's reach: middleware, unknown address, crash."""
    body = problem(status=status, code=code, detail=detail, instance=request.path)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's hook: every refusal as a problem; crashes go on to the middleware."""
    error = _as_api_exception(error)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    fields = list(_field_errors(error.get_full_details())) if isinstance(error.detail, dict | list) else []
    body = problem(
        status=error.status_code,
        code=_code(error),
        detail=_("The request has errors.") if fields else str(error.detail),
        instance=context["request"].path,
        errors=fields,
    )
    return Response(body, status=error.status_code, headers=_headers(error), content_type=MEDIA_TYPE)


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _field_errors(details: Any, path: str = "") -> Iterator[FieldError]:  # noqa: ANN401 - a nested JSON tree
    """Flatten REST framework's nested details to one row a fault, ``rooms.0.name`` as the path."""
    if isinstance(details, Mapping) and {"message", "code"} <= details.keys():
        yield FieldError(field=path, code=str(details["code"]), detail=str(details["message"]))
        return
    pairs = details.items() if isinstance(details, Mapping) else enumerate(details)
    for key, value in pairs:
        leaf = isinstance(value, Mapping) and {"message", "code"} <= value.keys()
        is_index = isinstance(key, int) and leaf
        yield from _field_errors(value, path if is_index else f"{path}.{key}".lstrip("."))
