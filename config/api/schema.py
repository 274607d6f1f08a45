"""The OpenAPI document's own conventions: every operation names the errors it may answer."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny

from config.api.problem import MEDIA_TYPE

# Inline, because `instance` and `errors` are names a serializer class keeps for itself.
FIELD_ERROR = inline_serializer(
    "FieldError", {name: serializers.CharField() for name in ("field", "code", "detail")}, many=True
)
PROBLEM = inline_serializer(
    "Problem",
    {
        "type": serializers.URLField(),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "detail": serializers.CharField(),
        "instance": serializers.CharField(),
        "errors": FIELD_ERROR,
    },
)
MEDIA_TYPES: Final = [MEDIA_TYPE]
ALWAYS: Final = {"429": "Too many requests; Retry-After says when to come back."}
SIGNED_IN: Final = {"401": "Not signed in.", "403": "Not allowed."}
NAMED: Final = {"404": "There is no such thing, or it is not yours."}
WRITTEN: Final = {
    "400": "The body has errors.",
    "409": "The state of things forbids it.",
    "415": "Not JSON.",
}


class ProblemAutoSchema(AutoSchema):
    """Adds to every operation the problems that it may answer."""

    def _get_response_bodies(self, direction: Direction = "response") -> Any:  # noqa: ANN401 - the library's type
        declared = super()._get_response_bodies(direction)
        problems = {
            status: {**self._problem(status), "description": text}
            for status, text in self._possible_errors().items()
        }
        return {**problems, **declared}

    def _problem(self, status: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._get_response_for_code(PROBLEM, status, MEDIA_TYPES)  # type: ignore[no-untyped-call] # the library's own
        return answer

    def _possible_errors(self) -> dict[str, str]:
        """Status and meaning of what the conventions of all views may answer here."""
        is_public = any(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        errors = {**ALWAYS} if is_public else {**ALWAYS, **SIGNED_IN}
        if "{" in self.path:
            errors |= NAMED
        if self.method not in SAFE_METHODS:
            errors |= WRITTEN
        return errors
