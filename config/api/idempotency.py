"""Idempotency-Key: the same request sent twice is done once, and answered twice alike.

Every handler of an unsafe method is marked; a test walks over all addresses and finds those that are not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import nullcontext
from enum import Enum, auto
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import is_success

from config.api.keyed import (
    AnotherRequestError,
    Claimed,
    KeptAnswer,
    LeaseLostError,
    UnderWayError,
    claim,
    keep,
    let_go,
)
from config.api.models import LONGEST_KEY
from config.api.problem import DomainProblem

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_HEADERS: Final = ("ETag", "Location")

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Commits(Enum):
    """How the work reaches the database."""

    WITH_ITS_ANSWER = auto()  # one transaction holds both, so a crash leaves both or nothing
    BY_ITSELF = auto()  # the operation has its own memory of the key, so after a crash it may run again


class Shows(Enum):
    """How often the answer may be read."""

    ALWAYS = auto()
    ONCE = auto()  # it holds a secret, which is not kept: asked again, we say that it was done


def idempotent(
    *, commits: Commits = Commits.WITH_ITS_ANSWER, shows: Shows = Shows.ALWAYS
) -> Callable[[Handler], Handler]:
    """Make a view's handler obey the Idempotency-Key of its request; without one, nothing changes.

    What was refused is not remembered: the same key may try again.
    """

    def mark(handler: Handler) -> Handler:
        @wraps(handler)
        def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - any handler
            def work() -> Response:
                return cast("Response", handler(view, request, *args, **kwargs))

            key = request_key(request)
            if key is None or not request.user.is_authenticated:
                return work()
            claimed = _claimed(request, key)
            if isinstance(claimed, KeptAnswer):
                return _replayed(claimed)
            return _worked(claimed, work, commits=commits, shows=shows)

        keyed.is_idempotent = True  # type: ignore[attr-defined] # for the schema and the guard
        return cast("Handler", keyed)

    return mark


def request_key(request: Request) -> str | None:
    """The sender's own name for the request, if it has one.

    Raises:
        DomainProblem: it is empty, too long, or cannot be printed.
    """
    key = request.headers.get(HEADER)
    if key is None or (key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        return key
    detail = _("An Idempotency-Key has 1 to 255 printable characters.")
    raise DomainProblem(code="idempotency_key_invalid", detail=detail, status=HTTPStatus.BAD_REQUEST)


def key_reused() -> DomainProblem:
    """The refusal of a key that names another request."""
    detail = _("This Idempotency-Key was used for another request. Take a new one.")
    return DomainProblem(code="idempotency_key_reused", detail=detail, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address and body, however its keys are ordered."""
    said = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _claimed(request: Request, key: str) -> Claimed | KeptAnswer:
    try:
        return claim(
            user_id=cast("int", request.user.pk), key=key, fingerprint=fingerprint(request), at=timezone.now()
        )
    except AnotherRequestError as error:
        raise key_reused() from error
    except UnderWayError as error:
        raise _under_way(error.wait_s) from error


def _worked(claimed: Claimed, work: Callable[[], Response], *, commits: Commits, shows: Shows) -> Response:
    together = transaction.atomic() if commits is Commits.WITH_ITS_ANSWER else nullcontext()
    try:
        with together:
            response = work()
            if not is_success(response.status_code):
                let_go(claimed)
                return response
            keep(claimed, _kept(response, shows=shows))
    except LeaseLostError as error:
        raise _under_way(1) from error
    except Exception:
        let_go(claimed)
        raise
    return response


def _kept(response: Response, *, shows: Shows) -> KeptAnswer:
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    if shows is Shows.ONCE:
        return KeptAnswer(response.status_code, None, headers)
    body = json.loads(JSONRenderer().render(response.data) or b"null")
    return KeptAnswer(response.status_code, body, headers)


def _replayed(answer: KeptAnswer) -> Response:
    if answer.body is None and answer.status != HTTPStatus.NO_CONTENT:
        detail = _("This was done already. Its answer held a secret, which is shown only once.")
        raise DomainProblem(code="shown_once", detail=detail)
    return Response(answer.body, status=answer.status, headers={**answer.headers, REPLAYED: "true"})


def _under_way(wait_s: float) -> DomainProblem:
    detail = _("The same request is being worked on. Ask again in a moment.")
    return DomainProblem(code="request_under_way", detail=detail, wait_s=wait_s)
