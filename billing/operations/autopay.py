"""Autopay: a card saved by its owner, charged on the due day, never while another payment is under way."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Contract, User, Utility
from accounts.scope import across_utilities, current_utility_id, utility_scope
from billing.enums import ACTIVE_ATTEMPTS, AttemptState, LetterKind, MandateState
from billing.models import Invoice, PaymentAttempt, PaymentMandate
from billing.operations.attempts import advance, lock_invoice, settle
from billing.operations.letters import NewLetter, write_letter
from billing.payments.provider import (
    KEYS_HOLD_FOR,
    ChargeOrder,
    PaymentProvider,
    ProviderRefusedError,
    ProviderUnavailableError,
    SetupOrder,
    SetupTold,
)
from billing.queries.balance import open_minor
from billing.queries.dunning import leave_to_charge, to_be_charged

logger = logging.getLogger(__name__)

# A declined card is tried once more, some days later; then its owner pays by hand.
TRIES: Final = 2
AGAIN_AFTER: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayRequest:
    """Who lets which contract's bills be charged, in which language, and where the page leads back to."""

    contract: Contract
    by: User
    locale: str
    return_path: str


def mandate_text(contract: Contract) -> str:
    """The words a resident agrees to, in the language that is active."""
    return _(
        "I allow %(seller)s to charge my saved card for the heat bills of this home on their due day. "
        "I can end this at any time on this page."
    ) % {"seller": contract.utility.name}


def start_autopay(*, request: AutopayRequest, provider: PaymentProvider, at: datetime) -> str:
    """The address of the provider's page where the card is saved; nothing is agreed before it is.

    Raises:
        ProviderUnavailableError: it does not answer; nothing is lost.
        ProviderRefusedError: it opens no page.
    """
    with transaction.atomic(durable=True):
        mandate = PaymentMandate.objects.create(
            contract=request.contract,
            agreed_by=request.by,
            text=mandate_text(request.contract),
            created_at=at,
        )
    back = f"{settings.PUBLIC_URL}{request.return_path}"
    told = provider.start_setup(
        SetupOrder(
            key=mandate.key,
            mandate_id=str(mandate.pk),
            currency=request.contract.utility.currency,
            locale=request.locale,
            success_url=f"{back}?sid={{CHECKOUT_SESSION_ID}}",
            cancel_url=back,
        )
    )
    PaymentMandate.objects.filter(pk=mandate.pk).update(provider_session_id=told.session_id)
    return told.url


@transaction.atomic
def settle_setup(*, mandate: PaymentMandate, told: SetupTold, at: datetime) -> PaymentMandate:
    """Take over what became of the page: once the card is saved it replaces the one before it."""
    list(Contract.objects.select_for_update(no_key=True).filter(pk=mandate.contract_id).values_list("pk"))
    mandate = PaymentMandate.objects.select_for_update().get(pk=mandate.pk)
    if mandate.state != MandateState.PENDING or not told.method_id:
        return mandate
    PaymentMandate.objects.filter(contract=mandate.contract_id, state=MandateState.ACTIVE).update(
        state=MandateState.ENDED, ended_at=at
    )
    mandate.state, mandate.agreed_at, mandate.label = MandateState.ACTIVE, at, told.label
    mandate.provider_customer_id, mandate.provider_method_id = told.customer_id, told.method_id
    mandate.provider_session_id = told.session_id
    mandate.save()
    return mandate


def end_autopay(*, mandate: PaymentMandate, provider: PaymentProvider, at: datetime) -> None:
    """End a mandate at once; the card is forgotten at the provider as well, as soon as it answers."""
    with transaction.atomic():
        ended = PaymentMandate.objects.filter(pk=mandate.pk, state=MandateState.ACTIVE).update(
            state=MandateState.ENDED, ended_at=at
        )
    if not ended:
        return
    try:
        provider.forget_method(mandate.provider_method_id)
    except (ProviderUnavailableError, ProviderRefusedError) as error:
        # We never charge it again, whatever the provider still keeps.
        logger.warning("the card of mandate %s is still kept: %s", mandate.pk, error)


def charge_due(*, provider: PaymentProvider, at: datetime) -> int:
    """Charge the bills of the utility in scope that are due today or were, and may be charged; how many."""
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    charged = 0
    for invoice in list(to_be_charged(on=today, tries=TRIES, last_before=at - AGAIN_AFTER)):
        attempt = _begin(invoice, provider=provider, on=today, at=at)
        if attempt is not None:
            send_charge(attempt=attempt, provider=provider, at=at)
            charged += 1
    return charged


def send_charge(*, attempt: PaymentAttempt, provider: PaymentProvider, at: datetime) -> PaymentAttempt:
    """Have the provider charge, or tell what became of it under this key before.

    Once the provider may have forgotten the key, nothing is sent any more: the charge is looked up, and
    where there is none the attempt has expired and the bill may be charged by another one.

    Raises:
        ProviderUnavailableError: it does not answer; the sweep asks again under the same key.
    """
    mandate = attempt.mandate
    if mandate is None:
        raise ValueError(f"Attempt {attempt.pk} has no mandate to charge.")
    order = ChargeOrder(
        key=attempt.key,
        attempt_id=str(attempt.pk),
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        title=_("Heat bill %(number)s") % {"number": attempt.invoice.number},
        customer_id=mandate.provider_customer_id,
        method_id=mandate.provider_method_id,
    )
    is_forgotten = at >= attempt.expires_at
    try:
        told = provider.find_charge(order) if is_forgotten else provider.charge(order)
    except ProviderRefusedError as error:
        with transaction.atomic():
            attempt = PaymentAttempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
            if advance(attempt, AttemptState.REFUSED, note=str(error)):
                _tell_failed(attempt, at=at)
        return attempt
    with transaction.atomic():
        if told is None:
            attempt = PaymentAttempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
            advance(attempt, AttemptState.EXPIRED, note="The provider never heard of this charge.")
            return attempt
        attempt = settle(attempt=attempt, checkout=told, at=at).attempt
        if attempt.state == AttemptState.FAILED:
            _tell_failed(attempt, at=at)
    return attempt


def charges_without_answer() -> list[PaymentAttempt]:
    """Charges written down and never answered, of all utilities: the worker died, or the line did."""
    with across_utilities("charges of all utilities"):
        rows = PaymentAttempt.objects.filter(state=AttemptState.CREATING, mandate__isnull=False)
        return list(rows.select_related("mandate", "invoice"))


def resend_charges(*, provider: PaymentProvider, at: datetime) -> int:
    """Ask again, under the same keys, for every charge without an answer; how many have one now."""
    answered = 0
    for attempt in charges_without_answer():
        with utility_scope(attempt.utility_id):
            try:
                answered += send_charge(attempt=attempt, provider=provider, at=at).state != attempt.state
            except ProviderUnavailableError as error:
                logger.warning("charges wait: %s", error)
                return answered
    return answered


def _begin(invoice: Invoice, *, provider: PaymentProvider, on: date, at: datetime) -> PaymentAttempt | None:
    """A row of ours, committed before the provider hears of it; none where somebody was faster."""
    with transaction.atomic(durable=True):
        invoice = lock_invoice(invoice.pk)
        mandate = leave_to_charge(on=on).filter(contract=invoice.contract_id).first()
        owed_minor = open_minor([invoice.pk])[invoice.pk]
        is_busy = PaymentAttempt.objects.filter(invoice=invoice, state__in=ACTIVE_ATTEMPTS).exists()
        if mandate is None or owed_minor <= 0 or is_busy:
            return None
        return PaymentAttempt.objects.create(
            invoice=invoice,
            mandate=mandate,
            started_by_id=mandate.agreed_by_id,
            provider=provider.name,
            amount_minor=owed_minor,
            currency=invoice.currency,
            locale=invoice.utility.locale,
            created_at=at,
            expires_at=at + KEYS_HOLD_FOR,
        )


def _tell_failed(attempt: PaymentAttempt, *, at: datetime) -> None:
    letter = NewLetter(
        key=f"autopay:{attempt.pk}",
        kind=LetterKind.AUTOPAY,
        invoice=attempt.invoice,
        owed_minor=attempt.amount_minor,
    )
    write_letter(letter=letter, at=at)
