"""The outermost middleware: under the API no error is HTML, and every answer shows its rate limit."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from config.api import throttle
from config.api.problem import problem_response

logger = logging.getLogger(__name__)

API_PREFIXES: Final = ("/api/",)
LOGIN_PREFIXES: Final = ("/_allauth/", "/accounts/")
CODES: Final = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "permission_denied",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}


class ProblemMiddleware:
    """Turns every HTML error under the API prefixes into a problem, crashes included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with errors in the one format."""
        if request.path.startswith(LOGIN_PREFIXES) and request.method == "POST":
            return self._limited_login(request)
        response = self.get_response(request)
        if not request.path.startswith(API_PREFIXES) or not isinstance(response, HttpResponse):
            return response
        if _is_html_error(response):
            response = self._problem(request, response.status_code)
        if response.status_code >= HTTPStatus.BAD_REQUEST and not hasattr(request, "rate_limit"):
            # Refused before anybody counted: an unknown address, a wrong key.
            response = _counted(request, throttle.STRANGER) or response
        throttle.add_headers(request, response)
        return response

    def _limited_login(self, request: HttpRequest) -> HttpResponseBase:
        """Signing in counts whether it succeeds or not; allauth's own limits by account come on top."""
        response = _counted(request, throttle.LOGIN) or self.get_response(request)
        if isinstance(response, HttpResponse):
            throttle.add_headers(request, response)
        return response

    def _problem(self, request: HttpRequest, status: int) -> HttpResponse:
        details = {
            HTTPStatus.NOT_FOUND: _("There is nothing at this address."),
            HTTPStatus.INTERNAL_SERVER_ERROR: _("Something broke on our side. It has been logged."),
        }
        detail = details.get(HTTPStatus(status), HTTPStatus(status).description)
        code = CODES.get(HTTPStatus(status), "error")
        return problem_response(request, status=status, code=code, detail=detail)


def _counted(request: HttpRequest, rate: throttle.Rate) -> HttpResponse | None:
    """Count a request by its address; the refusal where there are too many."""
    verdict = throttle.count(request, rate=rate, bucket=throttle.address(request))
    if verdict is None or verdict.allowed:
        return None
    wait_s = math.ceil(verdict.retry_after_s)
    detail = _("Too many requests from your address. Try again in %(seconds)s seconds.") % {"seconds": wait_s}
    status = HTTPStatus.TOO_MANY_REQUESTS
    refusal = problem_response(request, status=status, code="throttled", detail=detail)
    refusal["Retry-After"] = str(wait_s)
    return refusal


def _is_html_error(response: HttpResponse) -> bool:
    is_error = response.status_code >= HTTPStatus.BAD_REQUEST
    return is_error and response.get("Content-Type", "").startswith("text/html")
