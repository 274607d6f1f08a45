"""The OpenAPI document's own conventions: every operation names the errors it may answer."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter, inline_serializer
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
KEYED: Final = {
    "409": "The state of things forbids it; or the same request is under way, Retry-After says how long.",
    "422": "The Idempotency-Key was used for another request.",
}
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description=(
        "Your own name for this request, such as a UUID. Sent again within 30 days, it is not done again: "
        "the same answer comes back, with the header `Idempotency-Replayed: true`."
    ),
)


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
        if self._is_idempotent():
            errors |= KEYED
        return errors

    def get_override_parameters(self) -> list[Any]:
        """What a view says of its parameters, and the conventions' own."""
        said = list(super().get_override_parameters())
        return [*said, IDEMPOTENCY_KEY] if self._is_idempotent() else said

    def _is_idempotent(self) -> bool:
        return hasattr(getattr(self.view, self.method.lower(), None), "is_idempotent")
