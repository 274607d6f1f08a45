"""A home's energy over time."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.period import Period
from config.api.problem import DomainProblem
from metering.enums import Quality, Resolution
from metering.queries.consumption import ConsumptionSeries, consumption
from metering.queries.cuts import TooManyPointsError


class ConsumptionPeriodSerializer(serializers.Serializer[Any]):
    """Which part of the series; it widens to whole hours, days or months of the home's calendar."""

    # `from` is a keyword of the language, so the fields are added by name.
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``from``, ``to`` and ``resolution``."""
        return {
            "from": serializers.DateTimeField(),
            "to": serializers.DateTimeField(),
            "resolution": serializers.ChoiceField(choices=Resolution.choices, default=Resolution.DAY),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that contains no moment."""
        if attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": _("The end must lie after the start.")})
        return attrs


class ConsumptionPointSerializer(serializers.Serializer[Any]):
    """What was used in one interval."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    energy_wh = serializers.IntegerField()
    quality = serializers.ChoiceField(choices=Quality.choices)


class ConsumptionGapSerializer(serializers.Serializer[Any]):
    """A stretch without a register: the sum across it is measured, its split is not."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class ConsumptionSerializer(serializers.Serializer[Any]):
    """A home's energy, never paged: at most 2,000 points, which add up to the difference of the registers."""

    resolution = serializers.ChoiceField(choices=Resolution.choices)
    complete_until = serializers.DateTimeField(allow_null=True)
    points = ConsumptionPointSerializer(many=True)
    gaps = ConsumptionGapSerializer(many=True)


class ConsumptionView(HouseholdView):
    """The home's energy over time."""

    @extend_schema(
        parameters=[ConsumptionPeriodSerializer], responses=ConsumptionSerializer, tags=["consumption"]
    )
    def get(self, request: Request, household_id: int) -> Response:
        """What the home used, interval by interval; intervals that are not complete yet are left out."""
        asked = ConsumptionPeriodSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        period = Period(asked.validated_data["from"], asked.validated_data["to"])
        try:
            series = consumption(household_id, period, Resolution(asked.validated_data["resolution"]))
        except TooManyPointsError as error:
            detail = _("More than 2,000 points: ask for a shorter period or a coarser resolution.")
            raise DomainProblem(
                code="too_many_points", detail=detail, status=HTTPStatus.BAD_REQUEST
            ) from error
        return Response(ConsumptionSerializer(_body(series)).data)


def _body(series: ConsumptionSeries) -> dict[str, Any]:
    columns = zip(series.starts, series.ends, series.energy_wh.tolist(), series.quality, strict=True)
    return {
        "resolution": series.resolution,
        "complete_until": series.complete_until,
        "points": [
            {"start": start, "end": end, "energy_wh": energy_wh, "quality": quality}
            for start, end, energy_wh, quality in columns
        ],
        "gaps": series.gaps,
    }
