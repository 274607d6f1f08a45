"""Rooms with their live values, and a room's temperatures over time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView, seen
from accounts.enums import TokenScope
from accounts.period import Period
from comfort.models import Room
from comfort.queries.rooms import RoomView, rooms_now
from comfort.queries.series import room_temperatures
from config.api.series import RESOLUTIONS, GapSerializer, SeriesPeriodSerializer, too_many_points
from metering.queries.cuts import TooManyPointsError


class RoomSerializer(serializers.Serializer[RoomView]):
    """A room and what is measured in it now."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    sensor_id = serializers.IntegerField(allow_null=True, help_text="As in the live feed's frames.")
    sensor = serializers.CharField(allow_null=True, help_text="The sensor's own name.")
    temperature_c = serializers.FloatField(allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    age_seconds = serializers.SerializerMethodField()

    def get_age_seconds(self, room: RoomView) -> int | None:
        """How old the value is; a sensor's clock that runs ahead makes it no younger than new."""
        if room.measured_at is None:
            return None
        now: datetime = self.context["now"]
        return max(int((now - room.measured_at).total_seconds()), 0)


class PointSerializer(serializers.Serializer[Any]):
    """A value, or a bucket's mean with its extremes."""

    start = serializers.DateTimeField()
    temperature_c = serializers.FloatField()
    lowest_c = serializers.FloatField()
    highest_c = serializers.FloatField()


class TemperaturesSerializer(serializers.Serializer[Any]):
    """A room's temperatures, never paged: at most 2,000 points."""

    resolution = serializers.ChoiceField(choices=RESOLUTIONS)
    complete_until = serializers.DateTimeField(allow_null=True)
    points = PointSerializer(many=True)
    gaps = GapSerializer(many=True)


class RoomsView(HouseholdView):
    """The home's rooms."""

    token_scope = TokenScope.ROOMS

    @extend_schema(responses=RoomSerializer(many=True), tags=["comfort"])
    def get(self, _request: Request, household_id: int) -> Response:
        """The rooms in the home's own order, with the newest value and its age."""
        context = {"now": timezone.now()}
        return Response([RoomSerializer(room, context=context).data for room in rooms_now(household_id)])


class TemperaturesView(HouseholdView):
    """A room's temperatures over time."""

    token_scope = TokenScope.ROOMS

    @extend_schema(parameters=[SeriesPeriodSerializer], responses=TemperaturesSerializer, tags=["comfort"])
    def get(self, request: Request, household_id: int, room_id: int) -> Response:
        """What the room's sensor measured while it hung in this home."""
        asked = SeriesPeriodSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        period = seen(self.access, Period(asked.validated_data["from"], asked.validated_data["to"]))
        room = Room.objects.filter(household_id=household_id, pk=room_id).first()
        if room is None:
            raise exceptions.NotFound
        return Response(self._series(room, period, asked.validated_data["resolution"]))

    def _series(self, room: Room, period: Period[datetime], resolution: str) -> Any:  # noqa: ANN401 - JSON
        try:
            series = room_temperatures(
                household_id=room.household_id,
                # A room without a sensor has a series without points.
                sensor_id=room.sensor_id or 0,
                period=period,
                resolution=resolution,
                zone=self.access.utility.zone,
            )
        except TooManyPointsError as error:
            raise too_many_points() from error
        body = {
            "resolution": resolution,
            "complete_until": series.complete_until,
            "points": series.points,
            "gaps": series.gaps,
        }
        return TemperaturesSerializer(body).data
