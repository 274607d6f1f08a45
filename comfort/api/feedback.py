"""`POST /households/{id}/feedback`: a resident says how it feels."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView, signed_in
from comfort.enums import Sensation
from comfort.models import Feedback, Room
from comfort.operations.feedback import KeyReusedError, give_feedback
from config.api.idempotency import idempotent, key_reused, request_key
from config.api.throttle import VOTES


class NewFeedbackSerializer(serializers.Serializer[Any]):
    """A vote as it comes in."""

    sensation = serializers.IntegerField(
        min_value=-3, max_value=3, help_text="-3 much too cold, 0 comfortable, 3 much too warm."
    )
    room = serializers.IntegerField(required=False, allow_null=True, default=None)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class FeedbackSerializer(serializers.Serializer[Feedback]):
    """A vote, and what was measured when it was given."""

    id = serializers.IntegerField()
    sensation = serializers.IntegerField()
    sensation_text = serializers.CharField(source="get_sensation_display")
    room = serializers.CharField(source="room.name", allow_null=True, default=None)
    comment = serializers.CharField()
    given_at = serializers.DateTimeField()
    room_temperature_c = serializers.FloatField(allow_null=True)
    room_measured_at = serializers.DateTimeField(allow_null=True)
    outdoor_c = serializers.FloatField(allow_null=True)
    supply_c = serializers.FloatField(allow_null=True)
    supply_target_c = serializers.FloatField(allow_null=True)


class TakenSerializer(serializers.Serializer[Any]):
    """The vote as recorded, and what happens next."""

    feedback = FeedbackSerializer()
    next = serializers.CharField()
    answer = serializers.CharField(help_text="The address at which the plant's answer appears.")


class FeedbackView(HouseholdView):
    """Votes on how warm it is."""

    write_rate = VOTES

    @extend_schema(
        request=NewFeedbackSerializer,
        responses={201: TakenSerializer},
        tags=["comfort"],
    )
    @idempotent()
    def post(self, request: Request, household_id: int) -> Response:
        """Say how it feels. Another vote within six hours replaces the one before; 0 takes it back."""
        asked = NewFeedbackSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        feedback = self._record(
            request, sensation=said["sensation"], room=self._room(said["room"]), comment=said["comment"]
        )
        answer = {
            "feedback": feedback,
            "next": _next_words(Sensation(feedback.sensation)),
            "answer": reverse("comfort", args=[household_id]),
        }
        return Response(TakenSerializer(answer).data, status=HTTPStatus.CREATED)

    def _record(self, request: Request, *, sensation: int, room: Room | None, comment: str) -> Feedback:
        try:
            return give_feedback(
                household=self.access.household,
                user=signed_in(request),
                sensation=sensation,
                room=room,
                comment=comment,
                # The vote keeps its name for ever, longer than its answer is kept.
                key=request_key(request) or "",
                at=timezone.now(),
            )
        except KeyReusedError as error:
            raise key_reused() from error

    def _room(self, room_id: int | None) -> Room | None:
        if room_id is None:
            return None
        room = Room.objects.filter(household=self.access.household, pk=room_id).first()
        if room is None:
            raise serializers.ValidationError({"room": _("There is no such room in your home.")})
        return room


def _next_words(sensation: Sensation) -> str:
    if sensation == Sensation.COMFORTABLE:
        return _("Thank you. Your vote speaks for leaving the temperature as it is.")
    return _(
        "Thank you. Your vote is counted with those of your building and station, and the station's next "
        "decision, a few minutes away at most, takes it in."
    )
