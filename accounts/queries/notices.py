"""A person's inbox, and what they have chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.enums import Channel, NoticeKind
from accounts.models import Notice, NoticeChoice, NoticeSettings, User
from accounts.notice_rules import RULES, Rule
from accounts.notice_texts import Words, words_of
from accounts.queries.access import homes_of
from accounts.scope import across_utilities


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in the reader's language."""

    notice: Notice
    words: Words


@dataclass(frozen=True, slots=True)
class Chosen:
    """One kind of notice as a person gets it."""

    kind: NoticeKind
    rule: Rule
    by_email: bool
    by_push: bool
    by_sms: bool
    limit: float | None


def inbox(user: User, *, at: datetime) -> QuerySet[Notice]:
    """Notices about the homes that ``user`` may still enter."""
    homes = [access.household.pk for access in homes_of(user, at=at)]
    with across_utilities("a person's own inbox"):
        rows = Notice.objects.filter(user=user, household__in=homes)
        return rows.select_related("household__building", "utility")


def in_words(notices: Sequence[Notice]) -> list[Told]:
    """Each in the language that holds."""
    return [
        Told(
            notice,
            words_of(
                notice.kind,
                notice.facts,
                home=str(notice.household),
                household_id=notice.household_id,
                zone=notice.utility.zone,
            ),
        )
        for notice in notices
    ]


def unread(user: User, *, at: datetime) -> int:
    """How many are new."""
    return inbox(user, at=at).filter(read_at=None).count()


def settings_of(user: User) -> NoticeSettings:
    """The person's own, or what holds without."""
    return NoticeSettings.objects.filter(user=user).first() or NoticeSettings(user=user)


def choices_of(user: User) -> list[Chosen]:
    """Every kind as the person gets it."""
    own = {choice.kind: choice for choice in NoticeChoice.objects.filter(user=user)}
    return [_chosen(kind, own.get(kind)) for kind in NoticeKind]


def _chosen(kind: NoticeKind, own: NoticeChoice | None) -> Chosen:
    rule = RULES[kind]
    if own is None:
        email, push, sms = (channel in rule.channels for channel in Channel)
        return Chosen(kind, rule, by_email=email, by_push=push, by_sms=sms, limit=rule.limit)
    limit = rule.limit if own.limit is None else own.limit
    return Chosen(kind, rule, by_email=own.by_email, by_push=own.by_push, by_sms=own.by_sms, limit=limit)
