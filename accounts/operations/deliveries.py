"""The outbox of notices: what is due leaves by its channel, as a person's digest where they want one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.channels.email import send_email
from accounts.channels.message import AwayError, Message, RefusedError
from accounts.channels.push import SubscriptionGoneError, can_push, send_push
from accounts.channels.sms import send_sms
from accounts.enums import Channel
from accounts.models import Delivery, NoticeSettings, PushSubscription
from accounts.notice_texts import Words, words_of

logger = logging.getLogger(__name__)

BATCH: Final = 500
MOST_TRIES: Final = 8
# After the first try, then twice as long each time.
WAIT: Final = timedelta(minutes=2)


def deliver_due(*, at: datetime) -> int:
    """Send what is due in the utility in scope; how many messages left.

    A delivery is put off before it is sent, in a transaction of its own: a process that dies over it costs a
    delay and never a second message by a channel that cannot tell it is the same one.
    """
    waiting = Delivery.objects.filter(due_at__lte=at, sent_at=None, given_up_at=None)
    sent = 0
    for pk in list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH]):
        if claimed := _claim(pk, at=at):
            sent += _send(claimed, at=at)
    return sent


@transaction.atomic
def _claim(pk: int, *, at: datetime) -> list[Delivery]:
    """The delivery, with the rest of its person's digest; empty where another worker was first."""
    rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "notice__user", "notice__household__building", "notice__utility"
    )
    rows = rows.filter(due_at__lte=at, sent_at=None, given_up_at=None)
    first = rows.filter(pk=pk).first()
    if first is None:
        return []
    claimed = [first]
    if first.in_digest:
        rest = rows.filter(notice__user=first.notice.user_id, channel=first.channel, in_digest=True)
        claimed += rest.exclude(pk=pk).order_by("pk")
    keys = [delivery.pk for delivery in claimed]
    Delivery.objects.filter(pk__in=keys).update(tries=F("tries") + 1, due_at=at + WAIT * 2**first.tries)
    return claimed


def _send(claimed: Sequence[Delivery], *, at: datetime) -> bool:
    first = claimed[0]
    keys = Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed])
    try:
        _hand_over(claimed, at=at)
    except AwayError as error:
        logger.warning("%s %s waits: %s", first.channel, first.pk, error)
        given_up_at = at if first.tries + 1 >= MOST_TRIES else None
        keys.update(detail=str(error)[:200], given_up_at=given_up_at)
        return False
    except RefusedError as error:
        keys.update(detail=str(error)[:200], given_up_at=at)
        return False
    keys.update(sent_at=at, detail="")
    return True


def _hand_over(claimed: Sequence[Delivery], *, at: datetime) -> None:
    """By the channel.

    Raises:
        RefusedError: it will never arrive this way.
        AwayError: later it may.
    """
    user = claimed[0].notice.user
    wishes = NoticeSettings.objects.filter(user=user).first()
    language = (wishes.language if wishes else "") or claimed[0].notice.utility.locale
    with translation.override(language):
        message = _message(claimed)
    match Channel(claimed[0].channel):
        case Channel.EMAIL:
            send_email(user.email, message)
        case Channel.SMS:
            send_sms(wishes.phone if wishes else "", message)
        case Channel.PUSH:
            _push(user.pk, message, at=at)


def _message(claimed: Sequence[Delivery]) -> Message:
    words = [_words(delivery) for delivery in claimed]
    name = f"notice-{'-'.join(str(delivery.pk) for delivery in claimed[:3])}-{claimed[0].channel}"
    if len(words) == 1:
        url = settings.PUBLIC_URL + words[0].path
        return Message(name=name, subject=words[0].subject, body=words[0].body, url=url)
    body = "\n\n".join(f"{each.subject}\n{each.body}" for each in words)
    subject = _("%(count)d notices from your heat supplier") % {"count": len(words)}
    return Message(name=name, subject=subject, body=body, url=f"{settings.PUBLIC_URL}/notices")


def _words(delivery: Delivery) -> Words:
    notice = delivery.notice
    return words_of(
        notice.kind,
        notice.facts,
        home=str(notice.household),
        household_id=notice.household_id,
        zone=notice.utility.zone,
    )


def _push(user_id: int, message: Message, *, at: datetime) -> None:
    """To every browser of the person; those that are gone are forgotten, and one that takes it is enough."""
    if not can_push():
        raise RefusedError("web push has no key")
    fault: AwayError | RefusedError = RefusedError("no browser is subscribed")
    took = 0
    for browser in PushSubscription.objects.filter(user=user_id):
        try:
            send_push(
                endpoint=browser.endpoint,
                p256dh=browser.p256dh,
                auth=browser.auth,
                message=message,
                at=at,
            )
            took += 1
        except SubscriptionGoneError as error:
            browser.delete()
            fault = error
        except (AwayError, RefusedError) as error:
            fault = error
    if not took:
        raise fault
