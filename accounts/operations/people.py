"""Letting people into homes and desks, and out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import CustomerClass, MembershipRole, StaffDuty
from accounts.models import Contract, Household, Membership, StaffRole, User


class AlreadyEndedError(ValueError):
    """What has ended cannot be ended at another date; the history would change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContract:
    """Who will pay for the heat of a home, from which day."""

    household: Household
    customer_name: str
    starts_on: date
    customer_class: CustomerClass = CustomerClass.RESIDENTIAL


@transaction.atomic
def admit_member(
    *,
    household: Household,
    user: User,
    role: MembershipRole,
    starts_on: date,
    ends_on: date | None = None,
) -> Membership:
    """Let ``user`` into ``household`` from ``starts_on`` until before ``ends_on``.

    Raises:
        IntegrityError: the person is already let in during that time, or the period is empty.
    """
    return Membership.objects.create(
        household=household, user=user, role=role, starts_on=starts_on, ends_on=ends_on
    )


@transaction.atomic
def end_membership(*, membership: Membership, ends_on: date) -> Membership:
    """End a membership on a day that no longer belongs to it.

    Raises:
        AlreadyEndedError: it has another end already.
        IntegrityError: it would end before it starts.
    """
    row = Membership.objects.select_for_update().get(pk=membership.pk)
    if row.ends_on not in {None, ends_on}:
        raise AlreadyEndedError(_("This membership already ends on %(day)s.") % {"day": row.ends_on})
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    return row


@transaction.atomic
def put_out(*, membership: Membership, today: date) -> None:
    """End a membership now: from today on it opens nothing. One that has not held for a day yet is gone.

    An end that was agreed for earlier stays.
    """
    row = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if row.starts_on >= today:
        row.delete()
    elif row.ends_on is None or row.ends_on > today:
        row.ends_on = today
        row.save(update_fields=["ends_on"])


@transaction.atomic
def appoint_staff(*, user: User, duty: StaffDuty, starts_on: date) -> StaffRole:
    """Give ``user`` a duty at the utility in scope, and the key to the desk."""
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return StaffRole.objects.create(user=user, duty=duty, starts_on=starts_on)


@transaction.atomic
def sign_contracts(*, contracts: Sequence[NewContract]) -> list[Contract]:
    """Many contracts at once; all or none.

    Raises:
        IntegrityError: a home has a contract in that time already.
    """
    return Contract.objects.bulk_create(
        Contract(
            household=contract.household,
            customer_name=contract.customer_name,
            customer_class=contract.customer_class,
            starts_on=contract.starts_on,
        )
        for contract in contracts
    )
