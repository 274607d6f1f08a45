"""The errors Stripe answers with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class StripeRefusalError(Exception):
    """A request is refused; it becomes Stripe's error body.

    `kept` says whether the answer belongs to the request's idempotency key: Stripe forgets refusals of
    the parameters' form and remembers those that came after it began to act.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        kept: bool = True,
    ) -> None:
        """Take Stripe's sentence, and the fields that go with it."""
        super().__init__(message)
        self.status = status
        self.kept = kept
        fields = {"type": kind, "code": code, "message": message, "param": param}
        self.body: dict[str, Any] = {
            "error": {key: value for key, value in fields.items() if value is not None}
        }


def malformed(message: str, *, param: str, code: str | None = None) -> StripeRefusalError:
    """The parameters' form is wrong; the idempotency key stays free."""
    return StripeRefusalError(message, param=param, code=code, kept=False)


def missing(kind: str, ident: str, *, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> StripeRefusalError:
    """There is no such object."""
    message = f"No such {kind}: '{ident}'"
    return StripeRefusalError(message, code="resource_missing", param="id", status=status)
