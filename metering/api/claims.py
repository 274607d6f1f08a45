"""`POST /households/claim`: a person says which home is theirs, and shows that they live there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import redis
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from accounts.models import Membership, User
from accounts.operations.claims import ClaimRefusedError
from accounts.queries.access import access_to
from accounts.scope import utility_scope
from config.api.idempotency import idempotent
from config.api.problem import DomainProblem
from config.api.schema import PROBLEM
from metering.api.households import HomeNow, HouseholdSerializer
from metering.operations.claims import Claim, TooManyClaimsError, claim_home
from metering.queries.now import homes_now

METER: Final = ("customer_number", "meter_serial")


class ClaimSerializer(serializers.Serializer[Any]):
    """The code on the bill, or the customer number with the serial number on the meter."""

    code = serializers.CharField(required=False, max_length=40, help_text="As printed on the bill.")
    customer_number = serializers.CharField(required=False, max_length=32)
    meter_serial = serializers.CharField(required=False, max_length=32)

    def validate(self, attrs: dict[str, str]) -> Claim:
        """One of the two, whole."""
        missing = [name for name in METER if name not in attrs]
        if "code" not in attrs and len(missing) == len(METER):
            raise serializers.ValidationError(
                _("Give the code on your bill, or the customer number and the meter's serial number.")
            )
        if "code" not in attrs and missing:
            raise serializers.ValidationError(dict.fromkeys(missing, _("This field is required.")))
        return Claim(**attrs)


class ClaimView(APIView):
    """Homes not yet tied to the person who asks."""

    @extend_schema(
        request=ClaimSerializer,
        responses={
            "201": OpenApiResponse(HouseholdSerializer, description="The home is yours."),
            "503": OpenApiResponse(PROBLEM, description="Tries cannot be counted just now; ask again."),
        },
        examples=[
            OpenApiExample("the code on the bill", {"code": "3F-8K2QZ-71MNP"}, request_only=True),
            OpenApiExample(
                "the meter", {"customer_number": "NR-000118", "meter_serial": "67000118"}, request_only=True
            ),
        ],
        tags=["homes"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Tie a home to the person who asks. Every refusal reads the same, and tries are counted."""
        user = signed_in(request)
        asked = ClaimSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        membership = _claimed(asked.validated_data, user=user)
        return Response(_home(membership, user=user), status=HTTPStatus.CREATED)


def _claimed(claim: Claim, *, user: User) -> Membership:
    try:
        return claim_home(claim, user=user, at=timezone.now())
    except ClaimRefusedError as error:
        raise DomainProblem(code="claim_refused", detail=str(error), status=HTTPStatus.NOT_FOUND) from error
    except TooManyClaimsError as error:
        raise Throttled(wait=error.wait_s) from error
    except redis.RedisError as error:
        detail = _("Homes cannot be claimed just now. Please try again in a minute.")
        raise DomainProblem(
            code="claims_uncounted", detail=detail, status=HTTPStatus.SERVICE_UNAVAILABLE
        ) from error


def _home(membership: Membership, *, user: User) -> dict[str, Any]:
    at = timezone.now()
    access = access_to(user, membership.household_id, at=at)
    if access is None:
        raise NotFound
    with utility_scope(access.utility):
        now = homes_now([membership.household_id], at=at)[membership.household_id]
    return HouseholdSerializer(HomeNow(access, now), context={"at": at}).data
