"""Paying an invoice online: start, watch, and the provider's own word."""

from __future__ import annotations

import logging
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import HouseholdView, signed_in
from accounts.models import User
from accounts.queries.access import Access
from billing.api.base import InvoiceView
from billing.enums import AttemptState
from billing.models import PaymentAttempt
from billing.operations.payments import (
    NothingDueError,
    PaymentRequest,
    PaymentUnderWayError,
    RequestKeyReusedError,
    StartedPayment,
    start_payment,
)
from billing.operations.webhooks import receive_event
from billing.payments.configured import configured_provider
from billing.payments.inbound import MalformedEventError, UntrustedEventError, verified
from billing.payments.provider import ProviderRefusedError, ProviderUnavailableError
from billing.queries.payments import attempt_of
from config.api.idempotency import Commits, idempotent, key_reused, request_key
from config.api.money import Money, MoneySerializer, money
from config.api.problem import DomainProblem
from config.api.schema import PROBLEM

logger = logging.getLogger(__name__)


class PaymentSerializer(serializers.Serializer[PaymentAttempt]):
    """One try to pay an invoice online: go to `url` while the state is `open`, then watch the state."""

    id = serializers.UUIDField()
    invoice = serializers.IntegerField(source="invoice_id")
    state = serializers.ChoiceField(choices=AttemptState.choices)
    amount = serializers.SerializerMethodField()
    url = serializers.CharField(help_text="The page to pay on; empty once it can no longer be paid.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(MoneySerializer)
    def get_amount(self, attempt: PaymentAttempt) -> Money:
        """What is asked for."""
        return money(attempt.amount_minor, attempt.currency)


class InvoicePaymentsView(InvoiceView):
    """Paying one invoice."""

    @extend_schema(
        request=None,
        responses={
            "201": PaymentSerializer,
            "200": OpenApiResponse(PaymentSerializer, description="A page for this amount was open."),
            "502": OpenApiResponse(PROBLEM, description="The payment provider refused."),
            "503": OpenApiResponse(PROBLEM, description="The payment provider does not answer; ask again."),
        },
        tags=["payments"],
    )
    @idempotent(commits=Commits.BY_ITSELF)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Start an online checkout of what is owed now."""
        del invoice_id  # the base view has found the invoice
        order = PaymentRequest(
            invoice=self.invoice,
            by=signed_in(request),
            locale=get_language() or settings.LANGUAGE_CODE,
            key=request_key(request),
        )
        started = _start(order)
        status = HTTPStatus.CREATED if started.is_new else HTTPStatus.OK
        return Response(PaymentSerializer(started.attempt).data, status=status)


class PaymentView(HouseholdView):
    """One payment."""

    needs_money = True
    attempt: PaymentAttempt

    def find_access(self, user: User, *, at: datetime) -> Access | None:
        """The way to the home whose invoice is paid."""
        found = attempt_of(user, self.kwargs["payment_id"], at=at)
        if found is None:
            return None
        access, self.attempt = found
        return access

    @extend_schema(responses=PaymentSerializer, tags=["payments"])
    def get(self, _request: Request, payment_id: UUID) -> Response:
        """How the payment stands."""
        del payment_id  # the base view has found the payment
        return Response(PaymentSerializer(self.attempt).data)


class StripeWebhookView(APIView):
    """Stripe's own word: believed for its signature, stored at once, acted upon by a worker."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    # Stripe comes in bursts from few addresses; its signature is the limit.
    throttle_classes = ()

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Take an event."""
        try:
            event = verified(
                request.body,
                signature=request.headers.get("Stripe-Signature", ""),
                secrets=settings.STRIPE_WEBHOOK_SECRETS,
            )
        except UntrustedEventError as error:
            raise _bad("signature_invalid", str(error)) from error
        except MalformedEventError as error:
            raise _bad("event_malformed", str(error)) from error
        receive_event(provider="stripe", event=event, at=timezone.now())
        return Response({"received": event.event_id})


def _start(order: PaymentRequest) -> StartedPayment:
    try:
        return start_payment(request=order, provider=configured_provider(), at=timezone.now())
    except NothingDueError as error:
        raise DomainProblem(code="nothing_due", detail=_("Nothing is owed on this bill.")) from error
    except PaymentUnderWayError as error:
        detail = _("A payment of this bill is being processed by the bank. Please wait for it.")
        raise DomainProblem(code="payment_under_way", detail=detail) from error
    except RequestKeyReusedError as error:
        raise key_reused() from error
    except ProviderRefusedError as error:
        logger.warning("the provider refused a payment of invoice %s: %s", order.invoice.pk, error)
        detail = _("The payment provider would not open a page for this amount. Please contact us.")
        raise DomainProblem(code="payment_refused", detail=detail, status=HTTPStatus.BAD_GATEWAY) from error
    except ProviderUnavailableError as error:
        logger.warning("the provider opened no page for invoice %s: %s", order.invoice.pk, error)
        detail = _("The payment provider does not answer. Nothing was charged; please try again.")
        raise DomainProblem(
            code="payment_unavailable", detail=detail, status=HTTPStatus.SERVICE_UNAVAILABLE
        ) from error


def _bad(code: str, detail: str) -> DomainProblem:
    return DomainProblem(code=code, detail=detail, status=HTTPStatus.BAD_REQUEST)
