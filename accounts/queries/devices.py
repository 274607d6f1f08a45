"""The devices on which a person is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from accounts.models import User

# What a browser's own line of identification gives away, the more telling first.
SYSTEMS: Final = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")
BROWSERS: Final = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


@dataclass(frozen=True, slots=True)
class Device:
    """One session in words that its owner recognises."""

    id: int
    name: str
    ip: str
    created_at: datetime
    is_this: bool


def devices_of(user: User, *, this: str, at: datetime) -> list[Device]:
    """Where ``user`` is signed in, this device first, then the newest; ``this`` is the session that asks."""
    live = Session.objects.filter(expire_date__gt=at).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=live).order_by("-created_at", "-pk")
    devices = [
        Device(row.pk, name_of(row.user_agent), row.ip, row.created_at, row.session_key == this)
        for row in rows
    ]
    return sorted(devices, key=lambda device: not device.is_this)


def is_signed_in(session_key: str, *, at: datetime) -> bool:
    """Whether a session still opens anything; one without a name is not kept in the database."""
    return not session_key or Session.objects.filter(session_key=session_key, expire_date__gt=at).exists()


def name_of(user_agent: str) -> str:
    """``Firefox, Windows``; what says neither stands as it is, shortened."""
    system = next((name for name in SYSTEMS if name in user_agent), "")
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    return ", ".join(filter(None, [browser, system])) or user_agent[:40] or "?"
