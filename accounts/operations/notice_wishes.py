"""What a person wants to be told of, how, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import ConsentPurpose, NoticeKind
from accounts.models import NoticeChoice, NoticeSettings, PushSubscription, User
from accounts.notice_rules import RULES
from accounts.operations.consents import record_consent

MOST_BROWSERS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """By which channels one kind is told, and from which value on where it has one."""

    by_email: bool
    by_push: bool
    by_sms: bool
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Everything a person may choose; kinds that are left out stay as they are."""

    language: str
    phone: str
    quiet_from_hour: int
    quiet_to_hour: int
    digest_hour: int | None
    choices: Mapping[NoticeKind, Choice]


@transaction.atomic
def choose_notices(*, user: User, wishes: Wishes, at: datetime) -> None:
    """Keep what ``user`` wants; it holds for notices to come. A number is a consent to SMS, none ends it.

    Raises:
        ValidationError: a number or an hour is none, or a limit is out of its bounds; nothing is kept then.
    """
    row = NoticeSettings(
        user=user,
        language=wishes.language,
        phone=wishes.phone,
        quiet_from_hour=wishes.quiet_from_hour,
        quiet_to_hour=wishes.quiet_to_hour,
        digest_hour=wishes.digest_hour,
    )
    row.full_clean(validate_unique=False)
    record_consent(user=user, purpose=ConsentPurpose.SMS, is_given=bool(wishes.phone), at=at)
    for kind, choice in wishes.choices.items():
        _refuse_out_of_bounds(kind, choice.limit)
    fields = ["language", "phone", "quiet_from_hour", "quiet_to_hour", "digest_hour"]
    NoticeSettings.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["user"], update_fields=fields
    )
    NoticeChoice.objects.bulk_create(
        (
            NoticeChoice(
                user=user,
                kind=kind,
                by_email=choice.by_email,
                by_push=choice.by_push,
                by_sms=choice.by_sms,
                limit=choice.limit,
            )
            for kind, choice in wishes.choices.items()
        ),
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["by_email", "by_push", "by_sms", "limit"],
    )


@transaction.atomic
def subscribe(*, user: User, endpoint: str, p256dh: str, auth: str, at: datetime) -> PushSubscription:
    """Wake this browser for ``user`` from now on; the same browser again is the same subscription.

    Raises:
        ValidationError: the address is no push service's.
    """
    # We call it later, so nobody may point us at our own network.
    host = urlsplit(endpoint).hostname or ""
    if not any(host == known or host.endswith(f".{known}") for known in settings.WEB_PUSH_HOSTS):
        raise ValidationError({"endpoint": _("This is not the address of a known push service.")})
    found = PushSubscription(user=user, endpoint=endpoint, p256dh=p256dh, auth=auth, created_at=at)
    found.full_clean(validate_unique=False, exclude=["id"])
    row, _made = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"user": user, "p256dh": p256dh, "auth": auth},
        create_defaults={"user": user, "p256dh": p256dh, "auth": auth, "created_at": at},
    )
    mine = PushSubscription.objects.filter(user=user)
    newest = mine.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST_BROWSERS]
    mine.exclude(pk__in=list(newest)).delete()
    record_consent(user=user, purpose=ConsentPurpose.PUSH, is_given=True, at=at)
    return row


@transaction.atomic
def unsubscribe(*, user: User, endpoint: str, at: datetime) -> None:
    """Leave this browser asleep. One that is not subscribed stays so; with the last one the consent ends."""
    mine = PushSubscription.objects.filter(user=user)
    mine.filter(endpoint=endpoint).delete()
    if not mine.exists():
        record_consent(user=user, purpose=ConsentPurpose.PUSH, is_given=False, at=at)


def _refuse_out_of_bounds(kind: NoticeKind, limit: float | None) -> None:
    rule = RULES[kind]
    if limit is None or (rule.limit is not None and rule.least <= limit <= rule.most):
        return
    if rule.limit is None:
        raise ValidationError({kind.value: _("This kind of notice has no limit.")})
    bounds = {"least": rule.least, "most": rule.most, "unit": rule.unit}
    raise ValidationError({kind.value: _("The limit lies between %(least)g and %(most)g %(unit)s.") % bounds})
