"""Starting a payment: a row of ours first, then the provider's page, never two pages for one debt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from billing.enums import ACTIVE_ATTEMPTS, AttemptState
from billing.models import Invoice, PaymentAttempt
from billing.operations.attempts import advance, lock_invoice, settle
from billing.payments.provider import (
    Checkout,
    CheckoutOrder,
    PaymentProvider,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from billing.queries.balance import open_minor

PAGE_LIFE: Final = timedelta(hours=1)
# A page handed out has to leave time to pay on it.
LEAST_TIME_TO_PAY: Final = timedelta(minutes=2)
# The provider opens no page that would live shorter than half an hour; a minute for the way there.
LEAST_LIFE_TO_OPEN: Final = timedelta(minutes=31)
# Each round closes one outdated page; more than a few means that somebody else opens them.
ROUNDS: Final = 3


class NothingDueError(Exception):
    """The invoice is paid."""


class PaymentUnderWayError(Exception):
    """A payment of this invoice waits for the bank; a second one might pay it twice."""


class RequestKeyReusedError(Exception):
    """The same person used this Idempotency-Key for another invoice."""


@dataclass(frozen=True, slots=True)
class StartedPayment:
    """An attempt whose page may be paid, unless its key named one that has ended; and whether it is new."""

    attempt: PaymentAttempt
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """Who wants to pay what, in which language. Equal ``key``s of one person mean one attempt."""

    invoice: Invoice
    by: User
    locale: str
    key: str | None = None


def start_payment(*, request: PaymentRequest, provider: PaymentProvider, at: datetime) -> StartedPayment:
    """Give the resident a page to pay what is owed on the invoice now.

    An open page for the same amount is given again; one for another amount is closed first. Its row is
    committed before the provider hears of it, and its key makes asking again harmless: after any
    failure, call this again.

    Raises:
        NothingDueError: nothing is owed.
        PaymentUnderWayError: a payment has been confirmed and its money is on the way.
        RequestKeyReusedError: the key was used for another invoice.
        ProviderUnavailableError: the provider does not answer; nothing is lost.
        ProviderRefusedError: it will not open a page for this amount.
    """
    for _round in range(ROUNDS):
        attempt, is_new = _choose(request, provider=provider, at=at)
        if _is_current(attempt, at=at):
            if attempt.state == AttemptState.CREATING:
                attempt = _open(attempt, provider=provider, at=at)
            if attempt.state == AttemptState.OPEN:
                return StartedPayment(attempt, is_new)
        elif attempt.state in ACTIVE_ATTEMPTS:
            close_outdated(attempt=attempt, provider=provider, at=at)
        else:
            return StartedPayment(attempt, is_new=False)
    raise ProviderUnavailableError("Pages for this invoice are opened and closed faster than we can follow.")


def close_outdated(*, attempt: PaymentAttempt, provider: PaymentProvider, at: datetime) -> PaymentAttempt:
    """Close a page that asks for what is no longer owed; if it was paid meanwhile, that counts.

    Raises:
        ProviderError: the provider did not do it.
    """
    if attempt.provider_session_id:
        checkout = provider.expire(attempt.provider_session_id)
        return settle(attempt=attempt, checkout=checkout, at=at).attempt
    with transaction.atomic():
        attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        # Its page, if there ever was one, was shown to nobody: its address got lost on the way to us.
        advance(attempt, AttemptState.EXPIRED, note="The provider never answered.")
    return attempt


def _choose(
    request: PaymentRequest, *, provider: PaymentProvider, at: datetime
) -> tuple[PaymentAttempt, bool]:
    """The attempt to go on with, made if there is none; committed before anything else happens."""
    with transaction.atomic(durable=True):
        invoice = lock_invoice(request.invoice.pk)
        known = _by_key(request)
        if known is not None and known.state not in ACTIVE_ATTEMPTS:
            return known, False
        active = PaymentAttempt.objects.filter(invoice=invoice, state__in=ACTIVE_ATTEMPTS).first()
        if active is not None and (active.state == AttemptState.PROCESSING or active.mandate_id is not None):
            raise PaymentUnderWayError
        if active is not None:
            return active, False
        owed_minor = open_minor([invoice.pk])[invoice.pk]
        if owed_minor <= 0:
            raise NothingDueError
        attempt = PaymentAttempt.objects.create(
            invoice=invoice,
            started_by=request.by,
            request_key=request.key,
            provider=provider.name,
            amount_minor=owed_minor,
            currency=invoice.currency,
            locale=request.locale,
            created_at=at,
            expires_at=at + PAGE_LIFE,
        )
        return attempt, True


def _by_key(request: PaymentRequest) -> PaymentAttempt | None:
    if request.key is None:
        return None
    known = PaymentAttempt.objects.filter(started_by=request.by, request_key=request.key).first()
    if known is not None and known.invoice_id != request.invoice.pk:
        raise RequestKeyReusedError
    return known


def _is_current(attempt: PaymentAttempt, *, at: datetime) -> bool:
    """Whether its page asks for what is owed and can still be opened or paid."""
    left = attempt.expires_at - at
    needed = LEAST_LIFE_TO_OPEN if attempt.state == AttemptState.CREATING else LEAST_TIME_TO_PAY
    is_due = open_minor([attempt.invoice_id])[attempt.invoice_id] == attempt.amount_minor
    return attempt.state in ACTIVE_ATTEMPTS and is_due and left >= needed


def _open(attempt: PaymentAttempt, *, provider: PaymentProvider, at: datetime) -> PaymentAttempt:
    try:
        checkout = provider.start(_order(attempt))
    except ProviderRefusedError as error:
        with transaction.atomic():
            attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
            advance(attempt, AttemptState.REFUSED, note=str(error))
        raise
    settled = settle(attempt=attempt, checkout=checkout, at=at).attempt
    if settled.state == AttemptState.EXPIRED:
        _discard(checkout, provider=provider)
    return settled


def _discard(checkout: Checkout, *, provider: PaymentProvider) -> None:
    """Close a page whose attempt another process has given up while it was being opened."""
    provider.expire(checkout.session_id)


def _order(attempt: PaymentAttempt) -> CheckoutOrder:
    """The same order for the same attempt, whenever it is sent: the provider compares."""
    invoice = attempt.invoice
    with translation.override(attempt.locale):
        title = _("Heat bill %(number)s") % {"number": invoice.number}
    return CheckoutOrder(
        key=attempt.key,
        attempt_id=str(attempt.pk),
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        title=title,
        reference=str(invoice.number),
        locale=attempt.locale,
        success_url=f"{settings.PUBLIC_URL}/pay/return?sid={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{settings.PUBLIC_URL}/bills/{invoice.pk}",
        expires_at=attempt.expires_at,
    )
