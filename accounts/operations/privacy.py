"""A person's own data: asked for, handed out, and forgotten as far as bookkeeping allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from accounts.enums import INVITES, RequestKind, RequestState
from accounts.models import (
    AccessToken,
    DataRequest,
    Invitation,
    Membership,
    Notice,
    NoticeChoice,
    NoticeSettings,
    PushSubscription,
    StaffRole,
    User,
)
from accounts.operations.devices import sign_out_everywhere
from accounts.operations.people import put_out
from accounts.queries.access import homes_of
from accounts.scope import across_utilities, utility_scope
from config.api.outbox import wake_worker

# Time to think again.
GRACE: Final = timedelta(days=14)
KEPT: Final = timedelta(days=7)
EXPORTS_A_DAY: Final = 3
OPEN: Final = (RequestState.WAITING, RequestState.RUNNING)
# A worker that has not ended by then has died.
RUNS_AT_MOST: Final = timedelta(hours=1)


class PrivacyError(ValueError):
    """What was asked for cannot be done now; the sentence says why."""


@transaction.atomic
def ask_for_export(*, user: User, at: datetime) -> DataRequest:
    """Have an archive of everything about ``user`` made; the one under way, if there is one.

    Raises:
        PrivacyError: three were made within a day.
    """
    mine = _locked(user).filter(kind=RequestKind.EXPORT)
    if under_way := mine.filter(state__in=OPEN).first():
        return under_way
    if mine.filter(asked_at__gt=at - timedelta(days=1)).count() >= EXPORTS_A_DAY:
        raise PrivacyError(_("Three archives were made within a day. Please take one of them."))
    request = DataRequest.objects.create(user=user, kind=RequestKind.EXPORT, asked_at=at)
    transaction.on_commit(lambda: wake_worker("privacy.build_exports"))
    return request


@transaction.atomic
def ask_for_erasure(*, user: User, at: datetime) -> DataRequest:
    """Have ``user`` forgotten in a fortnight; until then it can be taken back.

    Raises:
        PrivacyError: the person still pays for a home, or works at a utility.
    """
    mine = _locked(user).filter(kind=RequestKind.ERASURE)
    if under_way := mine.filter(state__in=OPEN).first():
        return under_way
    _refuse_tied(user, at=at)
    return DataRequest.objects.create(user=user, kind=RequestKind.ERASURE, asked_at=at, due_at=at + GRACE)


@transaction.atomic
def keep_me(*, user: User) -> None:
    """Take an erasure back. One that was not asked for is not there."""
    waiting = _locked(user).filter(kind=RequestKind.ERASURE, state=RequestState.WAITING)
    waiting.update(state=RequestState.ENDED)


@transaction.atomic
def take_export(*, at: datetime) -> DataRequest | None:
    """The next archive to make, marked as being made; None where there is none."""
    waiting = DataRequest.objects.select_for_update(skip_locked=True).filter(kind=RequestKind.EXPORT)
    request = waiting.filter(state=RequestState.WAITING).order_by("asked_at", "pk").first()
    if request is not None:
        request.state, request.due_at = RequestState.RUNNING, at + RUNS_AT_MOST
        request.save(update_fields=["state", "due_at"])
    return request


def mark_progress(*, request: DataRequest, percent: int) -> None:
    """So much of the archive is made."""
    DataRequest.objects.filter(pk=request.pk, state=RequestState.RUNNING).update(progress_pct=percent)


@transaction.atomic
def hand_out(*, request: DataRequest, archive: bytes, at: datetime) -> None:
    """The archive is there, for a week."""
    running = DataRequest.objects.filter(pk=request.pk, state=RequestState.RUNNING)
    running.update(state=RequestState.READY, archive=archive, progress_pct=100, due_at=at + KEPT, detail="")


def forget_due(*, at: datetime) -> int:
    """Forget those whose fortnight is over; how many. Who is tied again by then is told why it waits."""
    due = DataRequest.objects.filter(kind=RequestKind.ERASURE, state=RequestState.WAITING, due_at__lte=at)
    return sum(_forget(request.pk, at=at) for request in list(due.only("pk")))


@transaction.atomic
def sweep(*, at: datetime) -> None:
    """Retention: what has served its purpose goes.

    Archives after a week, notices after 400 days, unused invitations and ended keys after 90 days.
    """
    old = at - timedelta(days=90)
    DataRequest.objects.filter(kind=RequestKind.EXPORT, state=RequestState.READY, due_at__lte=at).update(
        state=RequestState.ENDED, archive=None
    )
    dead = DataRequest.objects.filter(kind=RequestKind.EXPORT, state=RequestState.RUNNING, due_at__lte=at)
    dead.update(state=RequestState.WAITING, progress_pct=0, due_at=None)
    AccessToken.objects.filter(expires_at__lt=old).delete()
    with across_utilities("retention"):
        Notice.objects.filter(at__lt=at - timedelta(days=400)).delete()
        Invitation.objects.filter(expires_at__lt=old, accepted_at=None).delete()


@transaction.atomic
def _forget(pk: int, *, at: datetime) -> bool:
    request = DataRequest.objects.select_for_update().get(pk=pk)
    user = User.objects.select_for_update().get(pk=request.user_id)
    if request.state != RequestState.WAITING:
        return False
    try:
        _refuse_tied(user, at=at)
    except PrivacyError as error:
        DataRequest.objects.filter(pk=pk).update(detail=str(error)[:200], due_at=F("due_at") + GRACE)
        return False
    with across_utilities("a person is forgotten everywhere"):
        memberships = list(Membership.objects.filter(user=user).select_related("utility"))
    for membership in memberships:
        with utility_scope(membership.utility):
            put_out(membership=membership, today=membership.utility.local_date(at))
    _drop_all(user)
    # Bills, votes and decisions keep pointing at this row; nothing in it says who it was.
    user.email, user.name = f"forgotten-{uuid4().hex}@deleted.invalid", ""
    user.phone, user.phone_verified = None, False
    user.is_active = user.is_staff = False
    user.set_unusable_password()
    user.save()
    request.state, request.detail = RequestState.READY, ""
    request.save(update_fields=["state", "detail"])
    return True


def _drop_all(user: User) -> None:
    sign_out_everywhere(user=user)
    rows = (AccessToken, NoticeChoice, NoticeSettings, PushSubscription, EmailAddress, Authenticator)
    for kind in rows:
        kind.objects.filter(user=user).delete()
    DataRequest.objects.filter(user=user, kind=RequestKind.EXPORT).delete()
    with across_utilities("a person is forgotten everywhere"):
        Notice.objects.filter(user=user).delete()
        Invitation.objects.filter(invited_by=user).delete()


def _refuse_tied(user: User, *, at: datetime) -> None:
    if any(home.role in INVITES for home in homes_of(user, at=at)):
        raise PrivacyError(_("You still pay for a home. Move out first, so that it has its last bill."))
    with across_utilities("whether a person works at any utility"):
        is_clerk = StaffRole.objects.filter(user=user, ends_on=None).exists()
    if is_clerk or user.is_superuser:
        raise PrivacyError(_("You work at a heat supplier. Its administrator has to end that first."))


def _locked(user: User) -> QuerySet[DataRequest]:
    """The person's requests, one asker at a time."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return DataRequest.objects.filter(user=user)
