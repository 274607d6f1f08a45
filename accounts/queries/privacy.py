"""A person's requests about their data, and their consents."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.enums import RequestKind, RequestState
from accounts.models import Consent, DataRequest, User


def newest_request(user: User, kind: RequestKind) -> DataRequest | None:
    """The last one of its kind, without its archive."""
    rows = DataRequest.objects.filter(user=user, kind=kind).defer("archive")
    return rows.order_by("-asked_at", "-pk").first()


def archive_of(user: User) -> bytes | None:
    """The newest archive that is still kept."""
    rows = DataRequest.objects.filter(user=user, kind=RequestKind.EXPORT, state=RequestState.READY)
    newest = rows.exclude(archive=None).order_by("-asked_at", "-pk").first()
    return bytes(newest.archive) if newest and newest.archive is not None else None


def consents_of(user: User) -> QuerySet[Consent]:
    """Each word on each purpose, newest first."""
    return Consent.objects.filter(user=user).order_by("-at", "-pk")
