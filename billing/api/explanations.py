"""Why a bill is another than the year before's, as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import TokenScope
from accounts.period import days
from billing.api.base import InvoiceView
from billing.api.shown import in_major
from billing.enums import COMPONENT_KINDS, FACTORS
from billing.operations.explanations import Cause, Explanation, NotExplainedError, Side, explain
from config.api.money import Money, MoneySerializer
from config.api.problem import DomainProblem


class SideSerializer(serializers.Serializer[Side]):
    """One of the two bills with its corrections."""

    id = serializers.IntegerField(source="bill.pk")
    number = serializers.CharField(source="bill.number")
    period_start = serializers.DateField(source="bill.period_start")
    period_end = serializers.DateField(source="bill.period_end", help_text="The day after the last day.")
    days = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField(help_text="With tax and all corrections.")
    energy_wh = serializers.IntegerField(allow_null=True)
    degree_days = serializers.CharField(
        source="kelvin_days", allow_null=True, help_text="K·d of these days; null where a month is not known."
    )
    floor_area_m2 = serializers.CharField()

    def get_days(self, side: Side) -> int:
        return days(side.bill.period)

    @extend_schema_field(MoneySerializer)
    def get_total(self, side: Side) -> Money:
        return in_major(side.total_minor, side.bill.currency)


class CauseSerializer(serializers.Serializer[Cause]):
    """One part of the difference. `context` carries the bills' `currency`."""

    class _Kind(serializers.Serializer[Any]):
        kind = serializers.ChoiceField(choices=COMPONENT_KINDS)
        amount = MoneySerializer()

    cause = serializers.ChoiceField(source="factor", choices=list(FACTORS.items()))
    amount = serializers.SerializerMethodField(help_text="Below zero where it made the bill smaller.")
    lines = serializers.SerializerMethodField(help_text="The same amount by kind of line, where it has some.")

    @extend_schema_field(MoneySerializer)
    def get_amount(self, cause: Cause) -> Money:
        return in_major(cause.minor, self.context["currency"])

    @extend_schema_field(_Kind(many=True))
    def get_lines(self, cause: Cause) -> list[dict[str, Any]]:
        currency = self.context["currency"]
        return [{"kind": kind.value, "amount": in_major(minor, currency)} for kind, minor in cause.kinds]


class ExplanationSerializer(serializers.Serializer[Explanation]):
    """Two bills and why they differ; the causes' amounts sum to the difference, to the last cent."""

    now = SideSerializer()
    before = SideSerializer()
    difference = serializers.SerializerMethodField(help_text="Now less before.")
    knows_weather = serializers.BooleanField(
        help_text="False where degree days are missing: then what the weather did is part of `behaviour`."
    )
    causes = CauseSerializer(many=True)

    @extend_schema_field(MoneySerializer)
    def get_difference(self, explanation: Explanation) -> Money:
        return in_major(explanation.difference_minor, self.context["currency"])


def _example_side(number: str, year: int, *, total: str, energy_wh: int, cold: str) -> dict[str, Any]:
    return {
        "id": year - 2000,
        "number": number,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-02-01",
        "days": 31,
        "total": {"amount": total, "currency": "CNY"},
        "energy_wh": energy_wh,
        "degree_days": cold,
        "floor_area_m2": "100.00",
    }


def _example_cause(cause: str, amount: str, kind: str = "") -> dict[str, Any]:
    worth = {"amount": amount, "currency": "CNY"}
    return {"cause": cause, "amount": worth, "lines": [{"kind": kind, "amount": worth}] if kind else []}


EXAMPLE = OpenApiExample(
    "a colder month, and less heat than that asked for",
    {
        "now": _example_side("2026-000041", 2026, total="482.80", energy_wh=1_080_000, cold="720.0"),
        "before": _example_side("2025-000038", 2025, total="470.00", energy_wh=1_000_000, cold="600.0"),
        "difference": {"amount": "12.80", "currency": "CNY"},
        "knows_weather": True,
        "causes": [
            _example_cause("price", "0.00"),
            _example_cause("weather", "30.40", "energy"),
            _example_cause("base", "0.00"),
            _example_cause("behaviour", "-17.60", "energy"),
            _example_cause("correction", "0.00"),
        ],
    },
    response_only=True,
)


class InvoiceExplanationView(InvoiceView):
    """Why a bill is what it is."""

    token_scope = TokenScope.BILLS

    @extend_schema(responses=ExplanationSerializer, examples=[EXAMPLE], tags=["invoices"])
    def get(self, _request: Request, invoice_id: int) -> Response:
        """The bill beside the same days a year before, by cause; 409 where it cannot be compared."""
        del invoice_id  # the base view has found the invoice
        try:
            explanation = explain(self.invoice)
        except NotExplainedError as error:
            raise DomainProblem(code="not_explained", detail=str(error)) from error
        context = {"currency": self.invoice.currency}
        return Response(ExplanationSerializer(explanation, context=context).data)
