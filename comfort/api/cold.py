"""`GET /households/{id}/cold`: when the home was under the minimum, and what was done about it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import TokenScope
from comfort.enums import EntryKind, Fault, TicketState
from comfort.models import ColdSpell, ColdTicket, TicketEntry
from comfort.queries.service import tickets_of


class SpellSerializer(serializers.Serializer[ColdSpell]):
    """One time under the minimum; `ends_at` is empty while it lasts."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    minimum_c = serializers.FloatField()
    lowest_c = serializers.FloatField()
    shortfall_k_h = serializers.FloatField(
        help_text="The area between the minimum and the room, kelvin-hours."
    )
    evidence = serializers.DictField(
        help_text="Rooms and plant when it was confirmed, each with its instant."
    )


class EntrySerializer(serializers.Serializer[TicketEntry]):
    """What was done; the note where it is meant for the residents."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    text = serializers.CharField(source="get_kind_display")
    note = serializers.SerializerMethodField()

    def get_note(self, entry: TicketEntry) -> str:
        """Empty where it is the desk's own."""
        return entry.note if entry.for_residents else ""


class ColdTicketSerializer(serializers.Serializer[ColdTicket]):
    """How the supplier looks after a home that is too cold."""

    id = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=TicketState.choices)
    state_text = serializers.CharField(source="get_state_display")
    fault = serializers.ChoiceField(choices=Fault.choices)
    closed_at = serializers.DateTimeField(allow_null=True)
    spells = SpellSerializer(many=True)
    entries = EntrySerializer(many=True)


class ColdSerializer(serializers.Serializer[Any]):
    """The newest tickets first."""

    tickets = ColdTicketSerializer(many=True)


class ColdView(HouseholdView):
    """Times under the minimum room temperature."""

    token_scope = TokenScope.COMFORT

    @extend_schema(responses=ColdSerializer, tags=["comfort"])
    def get(self, _request: Request, household_id: int) -> Response:
        """Each time the home's sensors said it was under the minimum, with evidence and ticket."""
        tickets = tickets_of(household_id, since=self.access.since_instant)
        return Response(ColdSerializer({"tickets": tickets}).data)
