"""Where a person is signed in, and ending it there."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User


@transaction.atomic
def sign_out(*, user: User, session_ids: list[int]) -> int:
    """End these sessions of ``user``: their cookies, tokens and sockets open nothing any more; how many."""
    mine = UserSession.objects.filter(user=user, pk__in=session_ids)
    Session.objects.filter(session_key__in=mine.values("session_key")).delete()
    ended, _by_kind = mine.delete()
    return int(ended)


@transaction.atomic
def sign_out_everywhere(*, user: User, but: str = "") -> int:
    """End all sessions of ``user`` except the one named ``but``; how many."""
    mine = UserSession.objects.filter(user=user).exclude(session_key=but)
    return sign_out(user=user, session_ids=list(mine.values_list("pk", flat=True)))
