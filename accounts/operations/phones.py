"""A person's own mobile number: said first, proved by a code, one person's at a time."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User


@transaction.atomic
def keep_phone(*, user: User, phone: str) -> None:
    """Keep the number ``user`` says is theirs; until it is proved it opens nothing.

    Raises:
        IntegrityError: it is not written as E.164.
    """
    user.phone, user.phone_verified = phone, False
    if user.pk is not None:
        user.save(update_fields=["phone", "phone_verified"])


@transaction.atomic
def prove_phone(*, user: User, phone: str) -> None:
    """``user`` has the phone in hand: the number was given anew, and is no longer who had it before."""
    others = User.objects.select_for_update().filter(phone=phone, phone_verified=True).exclude(pk=user.pk)
    others.update(phone=None, phone_verified=False)
    user.phone, user.phone_verified = phone, True
    user.save(update_fields=["phone", "phone_verified"])
