"""`/households/{id}/move-out`: telling that one leaves, taking it back, and the register it ends with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView, signed_in
from config.api.idempotency import idempotent
from config.api.problem import DomainProblem
from metering.models import MoveOut
from metering.operations.moves import MoveError, move_out, stay
from metering.queries.handover import Handover, handover, move_out_of

MOST_WH: Final = 10**12


class HandoverSerializer(serializers.Serializer[Handover]):
    """A meter's register at the midnight of the handover."""

    serial = serializers.CharField()
    energy_wh = serializers.IntegerField(allow_null=True, help_text="Empty until it is known.")
    is_estimated = serializers.BooleanField()


class NewMoveSerializer(serializers.Serializer[Any]):
    """When one leaves."""

    moves_on = serializers.DateField(help_text="The first day away.")
    said_wh = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=MOST_WH,
        help_text="What you read on the meter's dial, if you did.",
    )


class MoveSerializer(serializers.Serializer[MoveOut]):
    """A move, and the registers it ends with."""

    moves_on = serializers.DateField()
    said_wh = serializers.IntegerField(allow_null=True)
    told_at = serializers.DateTimeField()
    final = serializers.SerializerMethodField()

    def get_final(self, move: MoveOut) -> list[dict[str, Any]]:
        """One a meter."""
        return [HandoverSerializer(one).data for one in handover(move.household, day=move.moves_on)]


class MoveView(HouseholdView):
    """Leaving a home."""

    needs_money = True

    @extend_schema(responses=MoveSerializer, tags=["people"])
    def get(self, request: Request, household_id: int) -> Response:
        """What you told, with the final registers as soon as the day has come."""
        return Response(MoveSerializer(self._move(request, household_id)).data)

    @extend_schema(
        request=NewMoveSerializer,
        responses={201: MoveSerializer},
        examples=[
            OpenApiExample("in spring", {"moves_on": "2027-03-01", "said_wh": 6884000}, request_only=True)
        ],
        tags=["people"],
    )
    @idempotent()
    def post(self, request: Request, household_id: int) -> Response:
        """Tell when you leave: contract and access end on that day; it can be taken back until then."""
        del household_id  # it is in self.access
        asked = NewMoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            move = move_out(
                access=self.access, user=signed_in(request), at=timezone.now(), **asked.validated_data
            )
        except MoveError as error:
            raise DomainProblem(code="move_refused", detail=str(error)) from error
        return Response(MoveSerializer(move).data, status=HTTPStatus.CREATED)

    @extend_schema(responses={204: None}, tags=["people"])
    @idempotent()
    def delete(self, request: Request, household_id: int) -> Response:
        """Stay: every end is again what it was."""
        try:
            stay(move=self._move(request, household_id), at=timezone.now())
        except MoveError as error:
            raise DomainProblem(code="move_refused", detail=str(error)) from error
        return Response(status=HTTPStatus.NO_CONTENT)

    def _move(self, request: Request, household_id: int) -> MoveOut:
        move = move_out_of(household_id, signed_in(request).pk)
        if move is None:
            raise Http404
        return move
