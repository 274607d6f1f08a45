"""Letters about money: written once for each reason, in the utility's language, and sent by e-mail."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Final

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation

from accounts.enums import MINOR_DIGITS, Currency
from billing.enums import LetterKind
from billing.letter_texts import text_of
from billing.models import Invoice, Letter
from billing.queries.dunning import payers_of
from billing.rating.lines import amount
from billing.references import payment_reference

logger = logging.getLogger(__name__)

# What one round sends; the next is a minute away.
BATCH: Final = 200
# A letter that fails waits twice as long each time; the tenth try comes about two days after the first.
GIVES_UP_AFTER: Final = 10
FIRST_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """Why somebody is written to, and about which bill; equal keys are one letter."""

    key: str
    kind: LetterKind
    invoice: Invoice
    owed_minor: int


def write_letter(*, letter: NewLetter, at: datetime) -> bool:
    """Write a letter in the transaction of its reason; False where it was written before."""
    invoice = letter.invoice
    with translation.override(invoice.utility.locale):
        subject, body = text_of(
            letter.kind,
            number=invoice.number or "",
            amount=amount(letter.owed_minor, invoice.currency, MINOR_DIGITS[Currency(invoice.currency)]),
            due_on=invoice.due_on,
            reference=payment_reference(invoice.number or ""),
            seller=invoice.utility.name,
        )
    _row, is_new = Letter.objects.get_or_create(
        key=letter.key,
        defaults={
            "contract_id": invoice.contract_id,
            "invoice": invoice,
            "kind": letter.kind,
            "subject": subject,
            "body": body,
            "written_at": at,
        },
    )
    return is_new


def send_letters(*, at: datetime) -> int:
    """E-mail what was written and not sent; how many left. One to nobody stays to be read on the page.

    Where the mail server is away the rest waits for the next round, and no letter has used up a try.
    """
    waiting = Letter.objects.filter(_is_due(at), sent_at__isnull=True).order_by("written_at")
    sent = 0
    for pk in list(waiting.values_list("pk", flat=True)[:BATCH]):
        try:
            sent += _send(pk, at=at)
        except (SMTPException, OSError) as error:
            logger.warning("letters wait for the mail server: %s", error)
            break
    return sent


def _is_due(at: datetime) -> Q:
    """Those whose pause after their last failure is over."""
    tries = Q()
    for failures in range(GIVES_UP_AFTER):
        tries |= Q(failures=failures, written_at__lte=at - FIRST_PAUSE * (2**failures - 1))
    return tries


@transaction.atomic
def _send(pk: int, *, at: datetime) -> bool:
    # Who holds the row sends it; a second worker passes on.
    letter = (
        Letter.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, sent_at=None).first()
    )
    if letter is None:
        return False
    addresses = payers_of(letter.contract, at=at)
    try:
        # Django sends nothing where there is nobody to send to.
        EmailMessage(subject=letter.subject, body=letter.body, bcc=addresses).send()
    except (SMTPRecipientsRefused, SMTPDataError) as error:
        # This letter was refused; any other failure is the server's and says nothing of the letter.
        logger.warning("letter %s waits: %s", letter.pk, error)
        Letter.objects.filter(pk=pk).update(failures=F("failures") + 1)
        return False
    if not addresses:
        Letter.objects.filter(pk=pk).update(failures=F("failures") + 1)
        return False
    letter.sent_at, letter.sent_to = at, ", ".join(addresses)
    letter.save(update_fields=["sent_at", "sent_to"])
    return True
