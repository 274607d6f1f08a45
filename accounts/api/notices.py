"""`/me/notices`: the inbox, how one wants to be told, and the browsers that may be woken."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from accounts.channels.push import can_push, public_key
from accounts.channels.sms import can_send_sms
from accounts.enums import NoticeKind
from accounts.models import Notice
from accounts.operations.notice_wishes import Choice, Wishes, choose_notices, subscribe, unsubscribe
from accounts.operations.notices import mark_read
from accounts.queries.notices import choices_of, in_words, inbox, settings_of
from accounts.scope import across_utilities
from config.api.idempotency import idempotent
from config.api.pagination import NewestFirst


class NoticeSerializer(serializers.Serializer[Any]):
    """One line of the inbox, in the language asked for."""

    id = serializers.IntegerField(source="notice.pk")
    household = serializers.IntegerField(source="notice.household_id")
    kind = serializers.ChoiceField(source="notice.kind", choices=NoticeKind.choices)
    at = serializers.DateTimeField(source="notice.at")
    read_at = serializers.DateTimeField(source="notice.read_at", allow_null=True)
    title = serializers.CharField(source="words.subject")
    text = serializers.CharField(source="words.body")
    path = serializers.CharField(source="words.path", help_text="The page behind it.")
    facts = serializers.DictField(source="notice.facts", help_text="What the words are made of.")


class NoticePageSerializer(serializers.Serializer[Any]):
    """A page of the inbox, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = NoticeSerializer(many=True)


class ReadSerializer(serializers.Serializer[Any]):
    """How far one has read."""

    up_to = serializers.IntegerField(min_value=1, max_value=2**62, help_text="The newest notice seen.")


class ChoiceSerializer(serializers.Serializer[Any]):
    """How one kind of notice is told. The inbox always has it."""

    kind = serializers.ChoiceField(choices=NoticeKind.choices)
    by_email = serializers.BooleanField()
    by_push = serializers.BooleanField()
    by_sms = serializers.BooleanField()
    limit = serializers.FloatField(required=False, allow_null=True, default=None)
    unit = serializers.CharField(source="rule.unit", read_only=True)


class WishesSerializer(serializers.Serializer[Any]):
    """How a person wants to be told. Leaks and frost wait for no quiet hours and no digest."""

    language = serializers.ChoiceField(choices=settings.LANGUAGES, allow_blank=True)
    phone = serializers.RegexField(r"^\+[1-9][0-9]{6,14}$", allow_blank=True, help_text="E.164.")
    quiet_from_hour = serializers.IntegerField(min_value=0, max_value=23)
    quiet_to_hour = serializers.IntegerField(min_value=0, max_value=23)
    digest_hour = serializers.IntegerField(min_value=0, max_value=23, allow_null=True)
    choices = ChoiceSerializer(many=True)
    push_key = serializers.SerializerMethodField(help_text="What a browser subscribes with; empty: no push.")
    has_sms = serializers.SerializerMethodField(help_text="Whether this service sends SMS.")

    def get_push_key(self, _settings: object) -> str:
        """The public key."""
        return public_key() if can_push() else ""

    def get_has_sms(self, _settings: object) -> bool:
        """Whether there is a provider."""
        return can_send_sms()


class SubscriptionSerializer(serializers.Serializer[Any]):
    """A browser's push subscription, as `PushSubscription.toJSON()` gives it."""

    endpoint = serializers.URLField(max_length=1000)
    p256dh = serializers.RegexField(r"^[A-Za-z0-9_-]{86,88}$")
    auth = serializers.RegexField(r"^[A-Za-z0-9_-]{22,24}$")


class EndpointSerializer(serializers.Serializer[Any]):
    """Which browser."""

    endpoint = serializers.URLField(max_length=1000)


class NoticesView(APIView):
    """The inbox of the person who asks."""

    @extend_schema(responses=NoticePageSerializer, tags=["notices"])
    def get(self, request: Request) -> Response:
        """What I was told, newest first."""
        user = signed_in(request)
        pages = NewestFirst()
        with across_utilities("a person's own inbox"):
            rows: list[Notice] = pages.paginate_queryset(inbox(user, at=timezone.now()), request) or []
            told = in_words(rows)
        return pages.get_paginated_response([NoticeSerializer(one).data for one in told])

    @extend_schema(request=ReadSerializer, responses={204: None}, tags=["notices"])
    @idempotent()
    def post(self, request: Request) -> Response:
        """I have read up to here."""
        asked = ReadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with across_utilities("a person's own inbox"):
            mark_read(user=signed_in(request), up_to=asked.validated_data["up_to"], at=timezone.now())
        return Response(status=204)


class NoticeSettingsView(APIView):
    """How the person who asks wants to be told."""

    @extend_schema(responses=WishesSerializer, tags=["notices"])
    def get(self, request: Request) -> Response:
        """What holds."""
        return Response(_wishes(request))

    @extend_schema(request=WishesSerializer, responses=WishesSerializer, tags=["notices"])
    @idempotent()
    def put(self, request: Request) -> Response:
        """Keep what I want; kinds that are left out stay as they are."""
        asked = WishesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        choices = {NoticeKind(one.pop("kind")): Choice(**one) for one in said.pop("choices")}
        try:
            choose_notices(user=signed_in(request), wishes=Wishes(**said, choices=choices), at=timezone.now())
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return Response(_wishes(request))


class PushSubscriptionsView(APIView):
    """Browsers that may be woken."""

    @extend_schema(
        request=SubscriptionSerializer,
        responses={204: None},
        examples=[
            OpenApiExample(
                "a browser",
                {"endpoint": "https://push.example/abc", "p256dh": "B" * 87, "auth": "a" * 22},
                request_only=True,
            )
        ],
        tags=["notices"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Wake this browser for me."""
        asked = SubscriptionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            subscribe(user=signed_in(request), at=timezone.now(), **asked.validated_data)
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return Response(status=204)

    @extend_schema(request=EndpointSerializer, responses={204: None}, tags=["notices"])
    @idempotent()
    def delete(self, request: Request) -> Response:
        """Leave this browser asleep."""
        asked = EndpointSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        unsubscribe(user=signed_in(request), endpoint=asked.validated_data["endpoint"], at=timezone.now())
        return Response(status=204)


def _wishes(request: Request) -> dict[str, Any]:
    user = signed_in(request)
    row = settings_of(user)
    row.choices = choices_of(user)  # type: ignore[attr-defined] # the serializer reads both as one
    return WishesSerializer(row).data
