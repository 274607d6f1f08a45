"""What a person agreed to, as a record that only grows: for data that leaves us for another company."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import ConsentPurpose
from accounts.models import Consent, User


def consent_text(purpose: ConsentPurpose) -> str:
    """What is agreed to, in the language that holds; kept with each consent as it was shown."""
    if purpose is ConsentPurpose.SMS:
        return _(
            "My mobile number and the text of notices go to the company that sends SMS for my heat supplier."
        )
    return _(
        "Notices go, sealed, through the push service of my browser's maker, which learns when this device "
        "gets one. It may stand in another country."
    )


def has_consent(user: User, purpose: ConsentPurpose) -> bool:
    """Whether the newest word on it was yes."""
    newest = Consent.objects.filter(user=user, purpose=purpose).order_by("-at", "-pk").first()
    return newest is not None and newest.is_given


@transaction.atomic
def record_consent(*, user: User, purpose: ConsentPurpose, is_given: bool, at: datetime) -> None:
    """Note down that ``user`` agreed or took it back; the same word again is no new record."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if has_consent(user, purpose) != is_given:
        Consent.objects.create(
            user=user, purpose=purpose, is_given=is_given, text=consent_text(purpose), at=at
        )
