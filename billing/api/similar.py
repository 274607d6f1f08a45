"""A home's heat beside that of homes alike, as JSON."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from billing.models import SimilarGroup
from billing.neighbours import floor_of, size_of
from billing.queries.similar import MonthCompared, similar_homes

FLOORS: Final = ("ground", "middle", "top")


class GroupSerializer(serializers.Serializer[SimilarGroup]):
    """Homes alike: at least eleven, each in one group only. Figures are a m², rounded to 100 Wh."""

    homes = serializers.IntegerField()
    from_m2 = serializers.SerializerMethodField(help_text="Floor area, inclusive; null where any will do.")
    below_m2 = serializers.SerializerMethodField()
    floor = serializers.SerializerMethodField(help_text="ground, middle or top; null where any will do.")
    lower_wh_m2 = serializers.IntegerField(help_text="A quarter of them used less.")
    median_wh_m2 = serializers.IntegerField()
    upper_wh_m2 = serializers.IntegerField(help_text="A quarter of them used more.")

    def get_from_m2(self, group: SimilarGroup) -> int | None:
        size = size_of(group.key)
        return None if size is None else size[0]

    def get_below_m2(self, group: SimilarGroup) -> int | None:
        size = size_of(group.key)
        return None if size is None else size[1]

    def get_floor(self, group: SimilarGroup) -> str | None:
        return floor_of(group.key) or None


class MonthComparedSerializer(serializers.Serializer[MonthCompared]):
    """One month; null is what nobody measured, entered or may tell."""

    month = serializers.DateField()
    degree_days = serializers.CharField(source="kelvin_days", allow_null=True)
    own_wh_m2 = serializers.IntegerField(allow_null=True)
    own_wh_m2_per_degree_day = serializers.SerializerMethodField()
    alike_wh_m2_per_degree_day = serializers.SerializerMethodField()
    alike = GroupSerializer(allow_null=True)

    def get_own_wh_m2_per_degree_day(self, month: MonthCompared) -> float | None:
        return _rounded(month.in_cold(month.own_wh_m2))

    def get_alike_wh_m2_per_degree_day(self, month: MonthCompared) -> float | None:
        return _rounded(month.in_cold(None if month.alike is None else month.alike.median_wh_m2))


class SimilarHomesSerializer(serializers.Serializer[Any]):
    """The last twelve whole months, oldest first."""

    months = MonthComparedSerializer(many=True)


EXAMPLE: Final = OpenApiExample(
    "a cold month beside 23 homes of its size and floor",
    {
        "months": [
            {
                "month": "2026-01-01",
                "degree_days": "720.0",
                "own_wh_m2": 10_800,
                "own_wh_m2_per_degree_day": 15.0,
                "alike_wh_m2_per_degree_day": 17.1,
                "alike": {
                    "homes": 23,
                    "from_m2": 80,
                    "below_m2": 100,
                    "floor": "middle",
                    "lower_wh_m2": 10_900,
                    "median_wh_m2": 12_300,
                    "upper_wh_m2": 14_100,
                },
            }
        ]
    },
    response_only=True,
)


class SimilarHomesView(HouseholdView):
    """The home beside others like it."""

    token_scope = TokenScope.CONSUMPTION

    @extend_schema(responses=SimilarHomesSerializer, examples=[EXAMPLE], tags=["consumption"])
    def get(self, _request: Request, household_id: int) -> Response:
        """Heat a m², month by month, beside that of homes alike; never of fewer than ten others."""
        del household_id  # the base view has found the home
        today = self.access.utility.local_date(timezone.now())
        months = similar_homes(self.access, today=today)
        return Response(SimilarHomesSerializer({"months": months}).data)


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 1)
