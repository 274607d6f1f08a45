"""`/households/{id}/outages`: no heat at an address, planned and not."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from accounts.models import Outage
from accounts.queries.outages import outages_at


class OutageSerializer(serializers.Serializer[Outage]):
    """No heat, or less of it, for a time."""

    id = serializers.IntegerField()
    is_planned = serializers.BooleanField()
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    expected_at = serializers.DateTimeField(allow_null=True, help_text="When heat is expected back.")
    ended_at = serializers.DateTimeField(allow_null=True)
    announced_at = serializers.DateTimeField()


class OutageListSerializer(serializers.Serializer[Any]):
    """Those not over first, then the last ninety days."""

    outages = OutageSerializer(many=True)


class OutagesView(HouseholdView):
    """Outages at the home's building and station."""

    token_scope = TokenScope.HOMES

    @extend_schema(responses=OutageListSerializer, tags=["homes"])
    def get(self, _request: Request, household_id: int) -> Response:
        """What runs, what is planned, what was."""
        del household_id  # it is in self.access
        rows = outages_at(self.access.household, at=timezone.now())
        return Response(OutageListSerializer({"outages": rows}).data)
