"""What the season will have cost, as JSON."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from billing.api.shown import in_major
from billing.operations.forecasts import Forecast, NoForecastError, forecast
from config.api.money import Money, MoneySerializer
from config.api.problem import DomainProblem


class ForecastSerializer(serializers.Serializer[Forecast]):
    """The running season with tax, rated as one bill: what was measured, then other winters' cold."""

    season_start = serializers.DateField(source="season.start")
    season_end = serializers.DateField(source="season.end", help_text="The day after the last day.")
    known_until = serializers.DateField(help_text="From this day on heat is expected and not measured.")
    winters = serializers.IntegerField(help_text="How many winters the band comes from.")
    so_far_wh = serializers.IntegerField()
    mild = serializers.SerializerMethodField(help_text="As in the mildest of them.")
    middle = serializers.SerializerMethodField()
    cold = serializers.SerializerMethodField(help_text="As in the coldest of them.")
    one_degree_less_saves = serializers.SerializerMethodField(
        help_text="With rooms one degree cooler from `known_until` on, in the middle winter."
    )
    cap = serializers.SerializerMethodField(
        help_text="The most that all but bonus, refund, standby and late fee may come to, before tax."
    )
    cap_percent = serializers.IntegerField(
        allow_null=True, help_text="How much of it the middle winter reaches; null without a cap."
    )

    @extend_schema_field(MoneySerializer)
    def get_mild(self, told: Forecast) -> Money:
        return in_major(told.mild.total_minor, told.currency)

    @extend_schema_field(MoneySerializer)
    def get_middle(self, told: Forecast) -> Money:
        return in_major(told.middle.total_minor, told.currency)

    @extend_schema_field(MoneySerializer)
    def get_cold(self, told: Forecast) -> Money:
        return in_major(told.cold.total_minor, told.currency)

    @extend_schema_field(MoneySerializer)
    def get_one_degree_less_saves(self, told: Forecast) -> Money:
        return in_major(told.saved_minor, told.currency)

    @extend_schema_field(MoneySerializer(allow_null=True))
    def get_cap(self, told: Forecast) -> Money | None:
        return None if told.cap_minor is None else in_major(told.cap_minor, told.currency)


def _yuan(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "CNY"}


EXAMPLE: Final = OpenApiExample(
    "in the middle of a season with a cap",
    {
        "season_start": "2025-11-15",
        "season_end": "2026-03-15",
        "known_until": "2026-01-01",
        "winters": 3,
        "so_far_wh": 2_000_000,
        "mild": _yuan("1750.40"),
        "middle": _yuan("1812.80"),
        "cold": _yuan("1889.60"),
        "one_degree_less_saves": _yuan("38.40"),
        "cap": _yuan("2400.00"),
        "cap_percent": 76,
    },
    response_only=True,
)


class SeasonForecastView(HouseholdView):
    """The running season of a home."""

    token_scope = TokenScope.BILLS
    needs_money = True

    @extend_schema(responses=ForecastSerializer, examples=[EXAMPLE], tags=["invoices"])
    def get(self, _request: Request, household_id: int) -> Response:
        """What the season will have cost, from mild to cold; 409 with the reason where nobody can say."""
        del household_id  # the base view has found the home
        try:
            told = forecast(self.access, at=timezone.now())
        except NoForecastError as error:
            raise DomainProblem(code="no_forecast", detail=str(error)) from error
        return Response(ForecastSerializer(told).data)
