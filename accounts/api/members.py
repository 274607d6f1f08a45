"""`/households/{id}/members`, `/invitations`: who is let into a home, and by whom."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import redis
from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import HouseholdView, signed_in
from accounts.enums import INVITED, INVITES, MembershipRole
from accounts.models import Invitation
from accounts.operations.invitations import (
    InvitationError,
    NewInvitation,
    NotYoursToInviteError,
    TooManyTriesError,
    accept,
    invite,
    withdraw,
)
from accounts.operations.people import put_out
from accounts.queries.members import Member, invitations_of, members_of
from config.api.idempotency import Shows, idempotent
from config.api.problem import DomainProblem
from config.api.schema import PROBLEM


class MemberSerializer(serializers.Serializer[Member]):
    """A person in the home."""

    id = serializers.IntegerField(source="membership.pk")
    name = serializers.CharField(source="membership.user")
    role = serializers.ChoiceField(source="membership.role", choices=MembershipRole.choices)
    starts_on = serializers.DateField(source="membership.starts_on")
    ends_on = serializers.DateField(
        source="membership.ends_on", allow_null=True, help_text="The first day that no longer counts."
    )
    is_me = serializers.BooleanField()
    may_end = serializers.BooleanField(help_text="Whether you may end this membership.")


class InvitationSerializer(serializers.Serializer[Invitation]):
    """An open invitation, without its code."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=INVITED)
    ends_on = serializers.DateField(allow_null=True)
    invited_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class PeopleSerializer(serializers.Serializer[Any]):
    """Everybody in the home, and who is still to come."""

    members = MemberSerializer(many=True)
    invitations = InvitationSerializer(many=True)
    may_invite = serializers.ListField(child=serializers.ChoiceField(choices=INVITED))


class NewInvitationSerializer(serializers.Serializer[Any]):
    """Whom to let in."""

    role = serializers.ChoiceField(choices=INVITED)
    name = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    ends_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The first day that no longer counts."
    )


class MadeInvitationSerializer(serializers.Serializer[Any]):
    """A new invitation and its code."""

    invitation = InvitationSerializer()
    code = serializers.CharField(help_text="Shown this once; works once.")
    url = serializers.URLField(help_text="Where its holder accepts it.")


class CodeSerializer(serializers.Serializer[Any]):
    """The code of an invitation."""

    code = serializers.CharField(max_length=40)


class EnteredSerializer(serializers.Serializer[Any]):
    """The home that was entered."""

    household = serializers.IntegerField()
    role = serializers.ChoiceField(choices=INVITED)


class MembersView(HouseholdView):
    """The people of a home."""

    @extend_schema(responses=PeopleSerializer, tags=["people"])
    def get(self, request: Request, household_id: int) -> Response:
        """Who is let in, who is invited, and whom you may invite."""
        del household_id  # it is in self.access
        user, at = signed_in(request), timezone.now()
        people = {
            "members": members_of(self.access, user, at=at),
            "invitations": invitations_of(self.access, user, at=at),
            "may_invite": INVITES.get(self.access.role, ()),
        }
        return Response(PeopleSerializer(people).data)


class MemberView(HouseholdView):
    """One person of a home."""

    @extend_schema(responses={204: None}, tags=["people"])
    @idempotent()
    def delete(self, request: Request, household_id: int, membership_id: int) -> Response:
        """End a membership now; your own too, unless you are who pays: then you move out."""
        del household_id  # it is in self.access
        user, at = signed_in(request), timezone.now()
        members = members_of(self.access, user, at=at)
        member = next((one for one in members if one.membership.pk == membership_id), None)
        if member is None:
            raise Http404
        if not member.may_end:
            raise PermissionDenied
        put_out(membership=member.membership, today=self.access.utility.local_date(at))
        return Response(status=HTTPStatus.NO_CONTENT)


class InvitationsView(HouseholdView):
    """Invitations to a home."""

    @extend_schema(
        request=NewInvitationSerializer,
        responses={201: MadeInvitationSerializer},
        examples=[
            OpenApiExample(
                "a caretaker for the winter",
                {"role": "caretaker", "name": "Wang the caretaker", "ends_on": "2027-04-01"},
                request_only=True,
            )
        ],
        tags=["people"],
    )
    @idempotent(shows=Shows.ONCE)
    def post(self, request: Request, household_id: int) -> Response:
        """Invite somebody; hand them the code or the address. It works once, within seven days."""
        del household_id  # it is in self.access
        asked = NewInvitationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        new = NewInvitation(**{**asked.validated_data, "role": MembershipRole(asked.validated_data["role"])})
        try:
            invitation, code = invite(access=self.access, by=signed_in(request), asked=new, at=timezone.now())
        except NotYoursToInviteError as error:
            raise PermissionDenied(str(error)) from error
        except InvitationError as error:
            raise DomainProblem(code="invitation_refused", detail=str(error)) from error
        made = {"invitation": invitation, "code": code, "url": f"{settings.PUBLIC_URL}/join?code={code}"}
        return Response(MadeInvitationSerializer(made).data, status=HTTPStatus.CREATED)


class InvitationView(HouseholdView):
    """One invitation to a home."""

    @extend_schema(responses={204: None}, tags=["people"])
    @idempotent()
    def delete(self, request: Request, household_id: int, invitation_id: int) -> Response:
        """Withdraw it: its code opens nothing any more."""
        del household_id  # it is in self.access
        at = timezone.now()
        mine = invitations_of(self.access, signed_in(request), at=at)
        withdraw(invitation=get_object_or_404(mine, pk=invitation_id), at=at)
        return Response(status=HTTPStatus.NO_CONTENT)


class AcceptView(APIView):
    """Invitations to the person who asks."""

    @extend_schema(
        request=CodeSerializer,
        responses={
            201: EnteredSerializer,
            404: OpenApiResponse(PROBLEM, description="The code opens nothing."),
            503: OpenApiResponse(PROBLEM, description="Tries cannot be counted just now; ask again."),
        },
        tags=["people"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Enter the home that the code opens. Every refusal of a code reads the same; tries are counted."""
        asked = CodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            entered = accept(code=asked.validated_data["code"], user=signed_in(request), at=timezone.now())
        except InvitationError as error:
            raise DomainProblem(
                code="invitation_refused", detail=str(error), status=HTTPStatus.NOT_FOUND
            ) from error
        except TooManyTriesError as error:
            raise Throttled(wait=error.wait_s) from error
        except redis.RedisError as error:
            detail = _("Invitations cannot be accepted just now. Please try again in a minute.")
            raise DomainProblem(
                code="tries_uncounted", detail=detail, status=HTTPStatus.SERVICE_UNAVAILABLE
            ) from error
        answer = {"household": entered.household_id, "role": entered.role}
        return Response(EnteredSerializer(answer).data, status=HTTPStatus.CREATED)
