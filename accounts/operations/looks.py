"""A clerk looks at a home as its resident sees it: for a reason, for a quarter of an hour, on record."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Household, ResidentLook, User
from accounts.models.look import LONGEST_LOOK
from accounts.queries.access import access_to
from accounts.scope import utility_scope


class LookRefusedError(ValueError):
    """A look that is not given; the sentence says why."""


@transaction.atomic
def begin_look(
    *, clerk: User, resident: User, household: Household, reason: str, at: datetime
) -> ResidentLook:
    """Let ``clerk`` see the page of ``household`` as ``resident`` does, for `LONGEST_LOOK`.

    Raises:
        LookRefusedError: no reason was given, the person does not live there now, or works at a desk too.
    """
    why = reason.strip()
    if not why:
        raise LookRefusedError(_("Say why you need to look; the resident reads it."))
    if resident.pk == clerk.pk:
        raise LookRefusedError(_("This is your own home; open its page."))
    if resident.is_staff or resident.is_superuser:
        raise LookRefusedError(_("This resident works at a desk too. Ask them to show you."))
    if access_to(resident, household.pk, at=at) is None:
        raise LookRefusedError(_("This person has no access to the home today."))
    return ResidentLook.objects.create(
        clerk=clerk,
        resident=resident,
        household=household,
        reason=why,
        starts_at=at,
        ends_at=at + LONGEST_LOOK,
    )


@transaction.atomic
def end_look(*, look: ResidentLook, at: datetime) -> None:
    """End it now. Ended twice, or after its time, is ended once."""
    with utility_scope(look.utility_id):
        ResidentLook.objects.filter(pk=look.pk, ends_at__gt=at).update(ends_at=at)
