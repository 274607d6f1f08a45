"""Moving out: on a day that is told ahead the contract and everybody's access end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.enums import INVITES, MembershipRole
from accounts.models import Contract, Household, Membership, User
from accounts.period import on_day
from accounts.queries.access import Access
from metering.models import MoveOut

FURTHEST: Final = timedelta(days=180)


class MoveError(ValueError):
    """A move that cannot be; the sentence says why."""


@transaction.atomic
def move_out(
    *, access: Access, user: User, moves_on: date, at: datetime, said_wh: int | None = None
) -> MoveOut:
    """End what ``user`` has to do with the home of ``access`` on ``moves_on``, the first day away.

    With an owner the running contract ends, and every other membership of the home; with a tenant those of
    their guests. The last bill follows the meter's register at that midnight.

    Raises:
        MoveError: the person does not pay for the home, told it before, or the day is none of the next 180.
    """
    if access.role not in INVITES:
        raise MoveError(_("Only who pays for a home moves out of it. To leave, end your own membership."))
    today = access.utility.local_date(at)
    if not today < moves_on <= today + FURTHEST:
        raise MoveError(_("The first day away is tomorrow at the earliest, and within half a year."))
    household = Household.objects.select_for_update(no_key=True).get(pk=access.household.pk)
    if MoveOut.objects.filter(household=household, user=user, cancelled_at=None).exists():
        raise MoveError(_("You have told us already that you move. Take it back first to change the day."))
    ended: dict[str, Any] = {"memberships": _end(_memberships(access, user, today), moves_on)}
    if access.role == MembershipRole.OWNER:
        ended["contracts"] = _end(Contract.objects.filter(on_day(today), household=household), moves_on)
    return MoveOut.objects.create(
        household=household, user=user, moves_on=moves_on, said_wh=said_wh, told_at=at, ended=ended
    )


@transaction.atomic
def stay(*, move: MoveOut, at: datetime) -> None:
    """Take a move back before its day; every end is again what it was.

    Raises:
        MoveError: the day has come, or somebody changed an end meanwhile.
    """
    row = MoveOut.objects.select_for_update().get(pk=move.pk)
    if row.cancelled_at is not None:
        return
    if row.utility.local_date(at) >= row.moves_on:
        raise MoveError(_("You have moved already. Your heat supplier can let you in again."))
    Household.objects.select_for_update(no_key=True).get(pk=row.household_id)
    rows: tuple[tuple[str, QuerySet[Any]], ...] = (
        ("memberships", Membership.objects.all()),
        ("contracts", Contract.objects.all()),
    )
    for name, kind in rows:
        _restore(kind, row.ended.get(name, {}), row.moves_on)
    row.cancelled_at = at
    row.save(update_fields=["cancelled_at"])


def _memberships(access: Access, user: User, today: date) -> QuerySet[Membership]:
    rows = Membership.objects.filter(on_day(today) | Q(starts_on__gt=today), household=access.household)
    if access.role == MembershipRole.OWNER:
        return rows
    return rows.filter(Q(user=user) | Q(invitation__invited_by=user))


def _end(rows: QuerySet[Any], on: date) -> dict[str, str | None]:
    """End each on a day unless it ends earlier; their keys and former ends."""
    later = rows.filter(Q(ends_on=None) | Q(ends_on__gt=on))
    if later.filter(starts_on__gte=on).exists():
        raise MoveError(_("Somebody is let into the home from that day on. Please call your heat supplier."))
    former = {str(row.pk): row.ends_on and row.ends_on.isoformat() for row in later}
    rows.model._default_manager.filter(pk__in=former).update(ends_on=on)
    return former


def _restore(rows: QuerySet[Any], former: dict[str, str | None], on: date) -> None:
    for end in set(former.values()):
        keys = [key for key, was in former.items() if was == end]
        # Whatever was ended anew meanwhile stays as it is.
        rows.filter(pk__in=keys, ends_on=on).update(ends_on=end)
