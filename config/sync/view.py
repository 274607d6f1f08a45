"""`GET /households/{id}/sync`: what changed since the app last asked, deletions included."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import HouseholdView
from accounts.enums import ChangeKind, TokenScope
from accounts.models import AccessToken
from accounts.queries.access import Access
from accounts.queries.changes import Changes, CursorUnknownError, changes_since
from billing.api.shown import InvoiceSerializer
from billing.queries.invoices import invoices_of, with_owed
from comfort.api.cold import ColdTicketSerializer
from comfort.api.feedback import FeedbackSerializer
from comfort.api.rooms import RoomSerializer
from comfort.models import Feedback
from comfort.queries.rooms import rooms_now
from comfort.queries.service import tickets_of
from config.api.problem import DomainProblem
from config.api.schema import PROBLEM

SCOPES: Final = {
    ChangeKind.ROOM: TokenScope.ROOMS,
    ChangeKind.VOTE: TokenScope.COMFORT,
    ChangeKind.COLD_TICKET: TokenScope.COMFORT,
    ChangeKind.INVOICE: TokenScope.BILLS,
}
CURSOR: Final = OpenApiParameter(
    "cursor",
    OpenApiTypes.STR,
    OpenApiParameter.QUERY,
    description="From the answer before; without one, everything. After a 410 begin without.",
)
MOST_TICKETS: Final = 1_000


class GoneSerializer(serializers.Serializer[Any]):
    """A thing to forget: it was deleted, or is no longer yours to see."""

    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    id = serializers.IntegerField()


class SyncSerializer(serializers.Serializer[Any]):
    """What changed. Things may come twice; the later one counts. With `more`, ask on at once."""

    cursor = serializers.CharField(help_text="Keep it with what it came with, and ask with it next time.")
    more = serializers.BooleanField()
    rooms = RoomSerializer(many=True)
    votes = FeedbackSerializer(many=True)
    cold_tickets = ColdTicketSerializer(many=True)
    invoices = InvoiceSerializer(many=True)
    gone = GoneSerializer(many=True)


class SyncView(HouseholdView):
    """A home for those who are not always online."""

    token_scope = TokenScope.HOMES

    @extend_schema(
        parameters=[CURSOR],
        responses={
            "200": SyncSerializer,
            "410": OpenApiResponse(PROBLEM, description="The cursor is unknown: begin without one."),
        },
        tags=["homes"],
    )
    def get(self, request: Request, household_id: int) -> Response:
        """The home's rooms, votes, cold tickets and bills that changed since the cursor; no commit is lost.

        Series are not in it: ask for those from their `complete_until`.
        """
        del household_id  # it is in self.access
        cursor = request.query_params.get("cursor", "")
        try:
            changes = changes_since(self.access, kinds=self._kinds(request), cursor=cursor)
        except CursorUnknownError as error:
            detail = _("This cursor is not known here. Begin without one.")
            raise DomainProblem(code="cursor_unknown", detail=detail, status=HTTPStatus.GONE) from error
        now = timezone.now()
        context = {"now": now, "today": self.access.utility.local_date(now)}
        things = _things(self.access, changes, is_first=not cursor)
        return Response(SyncSerializer(things, context=context).data)

    def _kinds(self, request: Request) -> list[ChangeKind]:
        """What the person, or the program with their token, may see."""
        kinds = [kind for kind in ChangeKind if kind != ChangeKind.INVOICE or self.access.sees_money]
        if isinstance(request.auth, AccessToken):
            return [kind for kind in kinds if SCOPES[kind] in request.auth.scopes]
        return kinds


def _things(access: Access, changes: Changes, *, is_first: bool) -> dict[str, Any]:
    """What changed as it is now; what cannot be seen any more is gone. One query a kind at most."""
    wanted = {kind: changes.changed.get(kind, set()) for kind in ChangeKind}
    home, since = access.household, access.since_instant
    rooms = [room for room in rooms_now(home.pk) if room.id in wanted[ChangeKind.ROOM]]
    votes = Feedback.objects.filter(household=home, given_at__gte=since, pk__in=wanted[ChangeKind.VOTE])
    tickets = tickets_of(home.pk, since=since, limit=MOST_TICKETS)
    invoices = with_owed(invoices_of(access)).filter(pk__in=wanted[ChangeKind.INVOICE])
    found: dict[ChangeKind, list[Any]] = {
        ChangeKind.ROOM: rooms,
        ChangeKind.VOTE: list(votes.select_related("room").order_by("pk")),
        ChangeKind.COLD_TICKET: [one for one in tickets if one.pk in wanted[ChangeKind.COLD_TICKET]],
        ChangeKind.INVOICE: list(invoices.order_by("pk")),
    }
    shown = {kind: {row.id for row in rows} for kind, rows in found.items()}
    # Who begins has nothing to forget.
    kinds = () if is_first else tuple(ChangeKind)
    unseen = [(kind, key) for kind in kinds for key in sorted(wanted[kind] - shown[kind])]
    return {
        "cursor": changes.cursor,
        "more": changes.more,
        "rooms": rooms,
        "votes": found[ChangeKind.VOTE],
        "cold_tickets": found[ChangeKind.COLD_TICKET],
        "invoices": found[ChangeKind.INVOICE],
        "gone": [{"kind": kind, "id": key} for kind, key in [*changes.gone, *unseen]],
    }
