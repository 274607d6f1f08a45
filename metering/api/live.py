"""`POST /live/tickets`: the key to the websocket for whoever cannot send our cookie."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from config.api.auth import HEADER
from config.api.idempotency import Shows, idempotent
from metering.live.tickets import LIFETIME_SECONDS, issue_ticket


class TicketSerializer(serializers.Serializer[object]):
    """Offer it as the subprotocol `t.<ticket>` beside `heat.v1`."""

    ticket = serializers.CharField()
    expires_in_s = serializers.IntegerField()


class TicketView(APIView):
    """Keys to the websocket."""

    @extend_schema(request=None, responses={201: TicketSerializer}, tags=["live"])
    @idempotent(shows=Shows.ONCE)
    def post(self, request: Request) -> Response:
        """A ticket that opens one websocket within half a minute."""
        # An app's token is the key of its session.
        session_key = request.headers.get(HEADER) or request.session.session_key or ""
        ticket = issue_ticket(user_id=signed_in(request).pk, session_key=session_key)
        answer = {"ticket": ticket, "expires_in_s": LIFETIME_SECONDS}
        return Response(TicketSerializer(answer).data, status=status.HTTP_201_CREATED)
