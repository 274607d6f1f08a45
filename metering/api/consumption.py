"""A home's energy over time."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView, seen
from accounts.enums import TokenScope
from accounts.period import Period
from config.api.series import GapSerializer, SeriesPeriodSerializer, too_many_points
from metering.enums import Quality, Resolution
from metering.queries.consumption import ConsumptionSeries, consumption
from metering.queries.cuts import TooManyPointsError


class ConsumptionPeriodSerializer(SeriesPeriodSerializer):
    """Days unless told otherwise."""

    default_resolution = "day"


class ConsumptionPointSerializer(serializers.Serializer[Any]):
    """What was used in one interval."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    energy_wh = serializers.IntegerField()
    quality = serializers.ChoiceField(choices=Quality.choices)


class ConsumptionSerializer(serializers.Serializer[Any]):
    """A home's energy, never paged: at most 2,000 points, which add up to the difference of the registers."""

    resolution = serializers.ChoiceField(choices=Resolution.choices)
    complete_until = serializers.DateTimeField(allow_null=True)
    points = ConsumptionPointSerializer(many=True)
    gaps = GapSerializer(many=True, help_text="The sum across a gap is measured, its split is not.")


class ConsumptionView(HouseholdView):
    """The home's energy over time."""

    token_scope = TokenScope.CONSUMPTION

    @extend_schema(
        parameters=[ConsumptionPeriodSerializer], responses=ConsumptionSerializer, tags=["consumption"]
    )
    def get(self, request: Request, household_id: int) -> Response:
        """What the home used, interval by interval; intervals that are not complete yet are left out.

        The period widens to whole hours, days or months of the home's calendar; the month in which one
        moved in begins on that day.
        """
        asked = ConsumptionPeriodSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        period = seen(self.access, Period(asked.validated_data["from"], asked.validated_data["to"]))
        try:
            resolution = Resolution(asked.validated_data["resolution"])
            series = consumption(household_id, period, resolution, within=self.access.time)
        except TooManyPointsError as error:
            raise too_many_points() from error
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
