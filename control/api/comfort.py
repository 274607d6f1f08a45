"""`GET /households/{id}/comfort`: what I said, what was measured, what the plant did about it and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from comfort.api.feedback import FeedbackSerializer
from comfort.queries.demand import HomeEffect
from control.enums import AnswerState, Cause, Mode, TargetState
from control.explanation import Reason, Step, reasons, steps
from control.queries.answers import ComfortAnswer, TargetView, comfort_answers, station_now


class TargetSerializer(serializers.Serializer[TargetView]):
    """A command to the station, and how far it came."""

    command = serializers.UUIDField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    secondary_supply_c = serializers.FloatField()
    cause = serializers.ChoiceField(choices=Cause.choices)
    state = serializers.ChoiceField(choices=TargetState.choices)
    instants = serializers.DictField(
        child=serializers.DateTimeField(), help_text="When each state was reached, by state."
    )
    terms = serializers.DictField(help_text="What made the setpoint: degrees, kelvins, counts and clips.")


class EffectSerializer(serializers.Serializer[HomeEffect]):
    """What the home's votes weigh, in kelvins of room temperature; `alone` is this home's part."""

    home_k = serializers.FloatField()
    building_alone_k = serializers.FloatField()
    building_k = serializers.FloatField()
    station_alone_k = serializers.FloatField()
    station_k = serializers.FloatField()
    building_homes = serializers.IntegerField()
    building_voters = serializers.IntegerField()
    station_homes = serializers.IntegerField()
    station_voters = serializers.IntegerField()


class StepSerializer(serializers.Serializer[Step]):
    """One thing on the way from the vote to the water."""

    code = serializers.CharField(help_text="Stable; the text is for people.")
    mark = serializers.ChoiceField(choices=["done", "next", "failed"])
    text = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class ReasonSerializer(serializers.Serializer[Reason]):
    """One reason."""

    code = serializers.CharField(help_text="Stable; the text is for people.")
    text = serializers.CharField()


class AnswerSerializer(serializers.Serializer[ComfortAnswer]):
    """One vote, and what the plant did about it."""

    feedback = FeedbackSerializer()
    state = serializers.ChoiceField(choices=AnswerState.choices)
    before = TargetSerializer(allow_null=True)
    after = TargetSerializer(allow_null=True)
    effect = EffectSerializer(allow_null=True)
    steps = StepSerializer(many=True)
    why = ReasonSerializer(many=True)


class ComfortSerializer(serializers.Serializer[object]):
    """The home's newest votes answered, and how its station is steered now."""

    mode = serializers.ChoiceField(choices=Mode.choices, allow_null=True)
    current = TargetSerializer(allow_null=True)
    answers = AnswerSerializer(many=True)


class ComfortView(HouseholdView):
    """What I said, what was measured, what the plant did about it and why."""

    token_scope = TokenScope.COMFORT

    @extend_schema(responses=ComfortSerializer, tags=["comfort"])
    def get(self, _request: Request, household_id: int) -> Response:  # noqa: ARG002 - the base view has read it
        """The home's newest votes of the last week, newest first, each with its answer in sentences."""
        answers = comfort_answers(
            self.access.household, at=timezone.now(), since=self.access.since_instant, limit=5
        )
        station = station_now(self.access.household)
        body = {
            "mode": station.mode,
            "current": station.current,
            "answers": [_told(answer) for answer in answers],
        }
        return Response(ComfortSerializer(body).data)


def _told(answer: ComfortAnswer) -> dict[str, Any]:
    facts = {name: getattr(answer, name) for name in ("feedback", "state", "before", "after", "effect")}
    return {
        **facts,
        "steps": [asdict(step) for step in steps(answer)],
        "why": [asdict(reason) for reason in reasons(answer)],
    }
