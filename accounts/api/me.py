"""`GET /me`: who I am and where I live."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from accounts.enums import MembershipRole, TokenScope
from accounts.queries.access import Access, homes_of


class HomeSerializer(serializers.Serializer[Access]):
    """A home and what I am there."""

    id = serializers.IntegerField(source="household.pk")
    name = serializers.CharField(source="household")
    customer_number = serializers.CharField(source="household.customer_number")
    utility = serializers.CharField(source="utility.name")
    time_zone = serializers.CharField(source="utility.time_zone")
    role = serializers.ChoiceField(choices=MembershipRole.choices)


class MeSerializer(serializers.Serializer[object]):
    """The person who asks."""

    email = serializers.EmailField()
    name = serializers.CharField()
    homes = HomeSerializer(many=True)


class MeView(APIView):
    """The person who asks."""

    token_scope = TokenScope.HOMES

    @extend_schema(responses=MeSerializer, tags=["people"])
    def get(self, request: Request) -> Response:
        """Who I am, where I live."""
        user = signed_in(request)
        homes = homes_of(user, at=timezone.now())
        answer = {"email": user.email, "name": user.name, "homes": homes}
        return Response(MeSerializer(answer).data)
