"""Series on the wire: asked for by period and resolution, never paged, at most 2,000 points, gaps marked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework import serializers

from config.api.problem import DomainProblem

RESOLUTIONS: Final = ("raw", "hour", "day", "month")


class SeriesPeriodSerializer(serializers.Serializer[Any]):
    """Which part of a series; ``from`` is in it, ``to`` is not."""

    default_resolution = "hour"

    # `from` is a keyword of the language, so the fields are added by name.
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``from``, ``to`` and ``resolution``."""
        return {
            "from": serializers.DateTimeField(),
            "to": serializers.DateTimeField(),
            "resolution": serializers.ChoiceField(choices=RESOLUTIONS, default=self.default_resolution),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that contains no moment."""
        if attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": _("The end must lie after the start.")})
        return attrs


class GapSerializer(serializers.Serializer[Any]):
    """A stretch in which nothing was measured."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


def too_many_points() -> DomainProblem:
    """The refusal of a series that nobody could look at."""
    detail = _("More than 2,000 points: ask for a shorter period or a coarser resolution.")
    return DomainProblem(code="too_many_points", detail=detail, status=HTTPStatus.BAD_REQUEST)
