"""The OpenAPI document's own conventions: every operation names the errors it may answer."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

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
READ_ERRORS: Final = {"401": "Not signed in.", "403": "Not allowed.", "404": "No such thing for you."}
WRITE_ERRORS: Final = {
    "400": "The body has errors.",
    "409": "The state of things forbids it.",
    "415": "Not JSON.",
}


class ProblemAutoSchema(AutoSchema):
    """Adds the problem answers to whatever a view declares."""

    def get_response_serializers(self) -> Any:  # noqa: ANN401 - the library's own type
        """The declared answers, and the problems."""
        declared: Any = super().get_response_serializers()
        if not isinstance(declared, dict):
            success = "201" if self.method == "POST" else "204" if self.method == "DELETE" else "200"
            declared = {success: declared}
        errors = READ_ERRORS if self.method == "GET" else {**READ_ERRORS, **WRITE_ERRORS}
        known = {str(code[0] if isinstance(code, tuple) else code) for code in declared}
        problems = {
            (status, "application/problem+json"): OpenApiResponse(PROBLEM, description=text)
            for status, text in errors.items()
            if status not in known
        }
        return {**declared, **problems}
