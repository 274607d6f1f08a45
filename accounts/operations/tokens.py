"""Access tokens: made once and shown once, used until they end or are revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.enums import TokenScope
from accounts.models import AccessToken, User

# Says whose key it is to whoever finds one, and to programs that look for lost keys.
PREFIX: Final = "hl_"
SHOWN: Final = 8
MOST_A_PERSON: Final = 20
LONGEST: Final = timedelta(days=366)
# Written at most this often, so that reading costs no write.
USE_STEP: Final = timedelta(minutes=5)


class TokenError(ValueError):
    """A token that cannot be made; the sentence says why."""


@transaction.atomic
def make_token(
    *, user: User, name: str, scopes: Collection[TokenScope], lifetime: timedelta, at: datetime
) -> tuple[AccessToken, str]:
    """A new token, and its secret, which nobody can be told again.

    Raises:
        TokenError: it reads nothing, lives too long, or the person has too many.
    """
    if not scopes:
        raise TokenError(_("Choose at least one thing the token may read."))
    if not timedelta() < lifetime <= LONGEST:
        raise TokenError(_("A token lives a year at most."))
    # One person's requests one after the other, or two at once would both be the last one allowed.
    User.objects.select_for_update().get(pk=user.pk)
    if held_tokens(user, at=at).count() >= MOST_A_PERSON:
        raise TokenError(_("You have twenty tokens. Revoke one that you no longer use."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = AccessToken.objects.create(
        user=user,
        name=name,
        scopes=sorted(scopes),
        digest=digest(secret),
        prefix=secret[:SHOWN],
        created_at=at,
        expires_at=at + lifetime,
    )
    return token, secret


def held_tokens(user: User, *, at: datetime) -> QuerySet[AccessToken]:
    """Those of ``user`` that open something at ``at``, newest first."""
    held = AccessToken.objects.filter(user=user, revoked_at=None, expires_at__gt=at)
    return held.order_by("-created_at", "-pk")


def revoke_token(*, token: AccessToken, at: datetime) -> None:
    """End it now. Revoked twice is revoked once."""
    AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at)


def token_used(secret: str, *, at: datetime) -> AccessToken | None:
    """The token that ``secret`` is, if it holds and its owner may sign in."""
    tokens = AccessToken.objects.select_related("user")
    token = tokens.filter(digest=digest(secret), user__is_active=True).first()
    if token is None or not token.holds(at):
        return None
    if token.last_used_at is None or at - token.last_used_at >= USE_STEP:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def digest(secret: str) -> str:
    """What is kept of a secret; 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()
