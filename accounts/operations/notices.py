"""Telling people: once an occasion, into the inbox, and on its way by the channels each of them chose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction

from accounts.enums import SEES_MONEY, Channel, NoticeKind
from accounts.models import (
    Delivery,
    Membership,
    Notice,
    NoticeChoice,
    NoticeSettings,
    PushSubscription,
    User,
    Utility,
)
from accounts.notice_rules import ABOUT_MONEY, RULES, Hours, due
from accounts.period import on_day
from accounts.scope import current_utility_id

BATCH: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What happened to a home; an equal ``key`` is the same occasion. ``value`` is held against each limit.

    ``only`` names the person it concerns, where it is not everybody's; ``before`` leaves out who came later.
    """

    household_id: int
    kind: NoticeKind
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    value: float | None = None
    only: int | None = None
    before: date | None = None


@transaction.atomic
def tell(occasions: Iterable[Occasion], *, at: datetime) -> int:
    """Tell the people of each home who want to know; how many were told. What was told is not again."""
    utility = Utility.objects.get(pk=current_utility_id())
    by_home: dict[int, list[Occasion]] = {}
    for occasion in occasions:
        by_home.setdefault(occasion.household_id, []).append(occasion)
    members = list(
        Membership.objects.filter(
            on_day(utility.local_date(at)), household_id__in=by_home, user__is_active=True
        ).order_by("pk")
    )
    wishes = _Wishes.of({row.user_id for row in members})
    rows = [
        Notice(
            user_id=row.user_id,
            household_id=row.household_id,
            kind=occasion.kind,
            key=occasion.key,
            facts=dict(occasion.facts),
            at=at,
        )
        for row in members
        for occasion in by_home[row.household_id]
        if _concerns(occasion, row) and wishes.wants(row.user_id, occasion)
    ]
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    # A conflict gives no key back, so the new ones are looked up: nobody else has seen them yet.
    new = list(Notice.objects.select_for_update(skip_locked=True).filter(is_planned=False))
    Delivery.objects.bulk_create(_deliveries(new, wishes, utility), batch_size=BATCH, ignore_conflicts=True)
    Notice.objects.filter(pk__in=[notice.pk for notice in new]).update(is_planned=True)
    return len(new)


@transaction.atomic
def mark_read(*, user: User, up_to: int, at: datetime) -> int:
    """Everything of ``user`` in the utility in scope, up to a notice, is read; how many were not yet."""
    return Notice.objects.filter(user=user, pk__lte=up_to, read_at=None).update(read_at=at)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the people concerned have chosen."""

    settings: Mapping[int, NoticeSettings]
    choices: Mapping[tuple[int, str], NoticeChoice]
    has_push: frozenset[int]

    @classmethod
    def of(cls, user_ids: set[int]) -> _Wishes:
        choices = NoticeChoice.objects.filter(user__in=user_ids)
        push = PushSubscription.objects.filter(user__in=user_ids).values_list("user_id", flat=True)
        return cls(
            settings=NoticeSettings.objects.in_bulk(user_ids),
            choices={(choice.user_id, choice.kind): choice for choice in choices},
            has_push=frozenset(push),
        )

    def wants(self, user_id: int, occasion: Occasion) -> bool:
        choice = self.choices.get((user_id, occasion.kind))
        return RULES[occasion.kind].is_crossed(occasion.value, choice.limit if choice else None)

    def channels(self, user_id: int, kind: NoticeKind) -> Iterator[Channel]:
        """Those chosen by which the person can be reached at all."""
        choice, settings = self.choices.get((user_id, kind)), self.settings.get(user_id)
        chosen = RULES[kind].channels
        if choice is not None:
            ticks = {
                Channel.EMAIL: choice.by_email,
                Channel.PUSH: choice.by_push,
                Channel.SMS: choice.by_sms,
            }
            chosen = frozenset(channel for channel, is_ticked in ticks.items() if is_ticked)
        if Channel.EMAIL in chosen:
            yield Channel.EMAIL
        if Channel.PUSH in chosen and user_id in self.has_push:
            yield Channel.PUSH
        if Channel.SMS in chosen and settings is not None and settings.phone:
            yield Channel.SMS

    def hours(self, user_id: int, utility: Utility) -> Hours:
        """When the person wants to be left alone, on the clock of the utility."""
        row = self.settings.get(user_id)
        if row is None:
            return Hours(zone=utility.zone)
        return Hours(
            zone=utility.zone,
            quiet_from=row.quiet_from_hour,
            quiet_to=row.quiet_to_hour,
            digest=row.digest_hour,
        )


def _concerns(occasion: Occasion, row: Membership) -> bool:
    if occasion.only is not None and occasion.only != row.user_id:
        return False
    if occasion.before is not None and row.starts_on >= occasion.before:
        return False
    return occasion.kind not in ABOUT_MONEY or row.role in SEES_MONEY


def _deliveries(new: Sequence[Notice], wishes: _Wishes, utility: Utility) -> Iterator[Delivery]:
    for notice in new:
        kind = NoticeKind(notice.kind)
        hours = wishes.hours(notice.user_id, utility)
        for channel in wishes.channels(notice.user_id, kind):
            due_at, in_digest = due(kind, channel, at=notice.at, hours=hours)
            yield Delivery(notice=notice, channel=channel, due_at=due_at, in_digest=in_digest)
