"""A person's homes with what their devices say now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import HouseholdView, signed_in
from accounts.enums import MembershipRole, TokenScope
from accounts.queries.access import Access, homes_of
from accounts.scope import utility_scope
from metering.queries.now import DeviceNow, homes_now


class DeviceNowSerializer(serializers.Serializer[DeviceNow]):
    """When a device last spoke, and how long that is ago."""

    device = serializers.IntegerField(help_text="As in the live feed's frames.")
    measured_at = serializers.DateTimeField()
    age_seconds = serializers.SerializerMethodField()

    def get_age_seconds(self, now: DeviceNow) -> int:
        """How old the values are; a clock that runs ahead makes them no younger than new."""
        at: datetime = self.context["at"]
        return max(int((at - now.measured_at).total_seconds()), 0)


class MeterNowSerializer(DeviceNowSerializer):
    """A heat meter's newest registers and gauges."""

    energy_wh = serializers.IntegerField(source="values.energy_wh", allow_null=True)
    volume_l = serializers.IntegerField(source="values.volume_l", allow_null=True)
    power_w = serializers.FloatField(source="values.power_w", allow_null=True)
    flow_l_h = serializers.FloatField(source="values.flow_l_h", allow_null=True)
    supply_c = serializers.FloatField(source="values.supply_c", allow_null=True)
    return_c = serializers.FloatField(source="values.return_c", allow_null=True)


class RoomNowSerializer(DeviceNowSerializer):
    """A room sensor's newest temperature; the rooms' names are under `/rooms`."""

    temperature_c = serializers.FloatField(source="values.temperature_c")


@dataclass(frozen=True, slots=True)
class HomeNow:
    """A home and its devices' newest values."""

    access: Access
    devices: Sequence[DeviceNow]

    @property
    def meters(self) -> list[DeviceNow]:
        """The heat meter, if it was ever read."""
        return [one for one in self.devices if one.kind == "meter"]

    @property
    def rooms(self) -> list[DeviceNow]:
        """The room sensors that were ever heard."""
        return [one for one in self.devices if one.kind == "room"]


class HouseholdSerializer(serializers.Serializer[HomeNow]):
    """A home, what I am there, and its freshest values."""

    id = serializers.IntegerField(source="access.household.pk")
    name = serializers.CharField(source="access.household")
    customer_number = serializers.CharField(source="access.household.customer_number")
    floor_area_m2 = serializers.DecimalField(
        source="access.household.floor_area_m2", max_digits=8, decimal_places=2
    )
    utility = serializers.CharField(source="access.utility.name")
    time_zone = serializers.CharField(source="access.utility.time_zone")
    role = serializers.ChoiceField(source="access.role", choices=MembershipRole.choices)
    meters = MeterNowSerializer(many=True)
    rooms = RoomNowSerializer(many=True)


class HouseholdsView(APIView):
    """All homes of the person who asks."""

    token_scope = TokenScope.HOMES

    @extend_schema(responses=HouseholdSerializer(many=True), tags=["homes"])
    def get(self, request: Request) -> Response:
        """Where I live, with the freshest values and their age."""
        at = timezone.now()
        homes = _with_values(homes_of(signed_in(request), at=at), at=at)
        return Response([HouseholdSerializer(home, context={"at": at}).data for home in homes])


class HouseholdNowView(HouseholdView):
    """One home of the person who asks."""

    token_scope = TokenScope.HOMES

    @extend_schema(responses=HouseholdSerializer, tags=["homes"])
    def get(self, _request: Request, household_id: int) -> Response:
        """The home with its freshest values and their age."""
        at = timezone.now()
        home = HomeNow(self.access, homes_now([household_id], at=at)[household_id])
        return Response(HouseholdSerializer(home, context={"at": at}).data)


def _with_values(homes: Sequence[Access], *, at: datetime) -> Iterator[HomeNow]:
    """The homes come by utility, and so are their values asked for."""
    for utility, of_utility in groupby(homes, key=lambda home: home.utility):
        group = list(of_utility)
        with utility_scope(utility):
            now = homes_now([home.household.pk for home in group], at=at)
        yield from (HomeNow(home, now[home.household.pk]) for home in group)
