"""`GET /me/looks`: who of a utility saw my page as I do."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from accounts.models import ResidentLook
from accounts.queries.looks import looks_at


class LookSerializer(serializers.Serializer[ResidentLook]):
    """A clerk saw a home's page as I do, for a reason."""

    household = serializers.IntegerField(source="household_id")
    utility = serializers.CharField(source="utility.name")
    by = serializers.CharField(source="clerk")
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class LooksView(APIView):
    """Who looked."""

    @extend_schema(responses=LookSerializer(many=True), tags=["people"])
    def get(self, request: Request) -> Response:
        """The newest fifty looks at my page, newest first."""
        return Response([LookSerializer(look).data for look in looks_at(signed_in(request))])
