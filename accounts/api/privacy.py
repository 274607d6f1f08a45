"""`/me/data`: a copy of everything kept about a person, and being forgotten."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import signed_in
from accounts.enums import ConsentPurpose, RequestKind, RequestState
from accounts.models import DataRequest
from accounts.operations.privacy import PrivacyError, ask_for_erasure, ask_for_export, keep_me
from accounts.queries.privacy import archive_of, consents_of, newest_request
from config.api.idempotency import idempotent
from config.api.problem import DomainProblem


class DataRequestSerializer(serializers.Serializer[DataRequest]):
    """How far a request has come."""

    kind = serializers.ChoiceField(choices=RequestKind.choices)
    state = serializers.ChoiceField(choices=RequestState.choices)
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when an archive is kept; when an erasure happens."
    )
    progress_pct = serializers.IntegerField()
    detail = serializers.CharField(help_text="Why an erasure waits longer.")


class ConsentSerializer(serializers.Serializer[Any]):
    """One word on a consent, given or taken back."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    is_given = serializers.BooleanField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class MyDataSerializer(serializers.Serializer[Any]):
    """The newest request of each kind, and all consents, newest first."""

    export = DataRequestSerializer(allow_null=True)
    erasure = DataRequestSerializer(allow_null=True)
    consents = ConsentSerializer(many=True)


class MyDataView(APIView):
    """What is kept about the person who asks."""

    @extend_schema(responses=MyDataSerializer, tags=["privacy"])
    def get(self, request: Request) -> Response:
        """How far my requests have come, and what I agreed to."""
        user = signed_in(request)
        answer = {
            "export": newest_request(user, RequestKind.EXPORT),
            "erasure": newest_request(user, RequestKind.ERASURE),
            "consents": consents_of(user),
        }
        return Response(MyDataSerializer(answer).data)


class ExportView(APIView):
    """The archive of the person who asks."""

    @extend_schema(
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="The archive.")
        },
        tags=["privacy"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest archive; 404 while there is none."""
        archive = archive_of(signed_in(request))
        if archive is None:
            raise Http404
        response = HttpResponse(archive, content_type="application/zip")
        response["Content-Disposition"] = 'attachment; filename="hearthline.zip"'
        return response

    @extend_schema(request=None, responses={202: DataRequestSerializer}, tags=["privacy"])
    @idempotent()
    def post(self, request: Request) -> Response:
        """Have one made; ask `/me/data` how far it is. It is kept for a week."""
        try:
            made = ask_for_export(user=signed_in(request), at=timezone.now())
        except PrivacyError as error:
            raise DomainProblem(code="export_refused", detail=str(error)) from error
        return Response(DataRequestSerializer(made).data, status=HTTPStatus.ACCEPTED)


class ErasureView(APIView):
    """Forgetting the person who asks."""

    @extend_schema(request=None, responses={202: DataRequestSerializer}, tags=["privacy"])
    @idempotent()
    def post(self, request: Request) -> Response:
        """Forget me in a fortnight. Bills, readings and votes stay, tied to nobody."""
        try:
            asked = ask_for_erasure(user=signed_in(request), at=timezone.now())
        except PrivacyError as error:
            raise DomainProblem(code="erasure_refused", detail=str(error)) from error
        return Response(DataRequestSerializer(asked).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(responses={204: None}, tags=["privacy"])
    @idempotent()
    def delete(self, request: Request) -> Response:
        """Keep me after all."""
        keep_me(user=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)
