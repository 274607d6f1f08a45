"""`/me/tokens`: the keys that a person gives to their own programs."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from accounts.enums import TokenScope
from accounts.models import AccessToken
from accounts.operations.tokens import TokenError, held_tokens, make_token, revoke_token
from config.api.idempotency import Shows, idempotent
from config.api.problem import DomainProblem
from config.api.schema import PROBLEM


class TokenSerializer(serializers.Serializer[AccessToken]):
    """A token, without its secret."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How the secret begins.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewTokenSerializer(serializers.Serializer[Any]):
    """A token to make."""

    name = serializers.CharField(max_length=60)
    scopes = serializers.MultipleChoiceField(choices=TokenScope.choices, allow_empty=False)
    days = serializers.IntegerField(min_value=1, max_value=366, default=90)


class MadeTokenSerializer(serializers.Serializer[Any]):
    """A new token and its secret."""

    token = TokenSerializer()
    secret = serializers.CharField(help_text="Shown this once; keep it.")


class TokensView(APIView):
    """The tokens of the person who asks."""

    @extend_schema(responses=TokenSerializer(many=True), tags=["people"])
    def get(self, request: Request) -> Response:
        """Those that still open something, newest first."""
        held = held_tokens(signed_in(request), at=timezone.now())
        return Response([TokenSerializer(token).data for token in held])

    @extend_schema(
        request=NewTokenSerializer,
        responses={
            201: MadeTokenSerializer,
            409: OpenApiResponse(PROBLEM, description="You have too many."),
        },
        tags=["people"],
    )
    @idempotent(shows=Shows.ONCE)
    def post(self, request: Request) -> Response:
        """Make one for a program of your own; it reads what its scopes say and changes nothing."""
        asked = NewTokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        try:
            token, secret = make_token(
                user=signed_in(request),
                name=said["name"],
                scopes=said["scopes"],
                lifetime=timedelta(days=said["days"]),
                at=timezone.now(),
            )
        except TokenError as error:
            raise DomainProblem(code="token_refused", detail=str(error)) from error
        made = MadeTokenSerializer({"token": token, "secret": secret}).data
        return Response(made, status=HTTPStatus.CREATED)


class TokenView(APIView):
    """One token of the person who asks."""

    @extend_schema(responses={204: None}, tags=["people"])
    @idempotent()
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke it: from now on it opens nothing."""
        token = get_object_or_404(AccessToken, pk=token_id, user=signed_in(request))
        revoke_token(token=token, at=timezone.now())
        return Response(status=HTTPStatus.NO_CONTENT)
