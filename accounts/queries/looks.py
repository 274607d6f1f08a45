"""Who looked at whose page; a resident's own, and the one a clerk is in the middle of."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from accounts.models import ResidentLook, User
from accounts.scope import across_utilities, utility_scope

# Where a clerk's session keeps the look it is in; written by the desk, read by the page.
SESSION_KEY: Final = "resident_look"
LISTED: Final = 50
PERMISSION: Final = "accounts.add_residentlook"


def looks_at(resident: User) -> list[ResidentLook]:
    """Every time somebody looked at a page as ``resident``, newest first."""
    with across_utilities("a person's own record"):
        rows = ResidentLook.objects.filter(resident=resident)
        rows = rows.select_related("clerk", "utility", "household__building")
        return list(rows.order_by("-starts_at", "-pk")[:LISTED])


def look_of(clerk: User, look_id: object) -> ResidentLook | None:
    """A clerk's own look by its key, whether or not it still lasts."""
    if not isinstance(look_id, int):
        return None
    with across_utilities("a clerk's own look"):
        rows = ResidentLook.objects.filter(pk=look_id, clerk=clerk)
        return rows.select_related("clerk", "resident", "utility", "household__building").first()


def may_look(look: ResidentLook, *, at: datetime) -> bool:
    """Whether it still shows anything: its time runs, and the clerk's duty does."""
    if not look.lasts(at):
        return False
    with utility_scope(look.utility):
        return look.clerk.has_perm(PERMISSION)
