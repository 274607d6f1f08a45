"""Telling people: once an occasion, by what each of them chose, and out through the outbox."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.enums import Channel, MembershipRole, NoticeKind
from accounts.models import Delivery, Household, Notice, NoticeSettings, PushSubscription, User
from accounts.operations.deliveries import MOST_TRIES, WAIT, deliver_due
from accounts.operations.notice_wishes import Choice, Wishes, choose_notices, subscribe
from accounts.operations.notices import Occasion, mark_read, tell
from accounts.operations.outages import NewOutage, announce_outage, end_outage, expect_heat
from tests.factories import a_household, a_membership, a_resident, a_user

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)  # noon in Beijing
NIGHT = datetime(2026, 1, 10, 15, tzinfo=UTC)


def frost(household: Household, value: float = 5.0, key: str = "frost:2026-01-10") -> Occasion:
    return Occasion(
        household_id=household.pk, kind=NoticeKind.FROST, key=key, facts={"value": value}, value=value
    )


def bill(household: Household, key: str = "bill:1") -> Occasion:
    facts = {"invoice": 1, "number": "B-1", "amount": "¥1.00", "due_on": "2026-02-01"}
    return Occasion(household_id=household.pk, kind=NoticeKind.BILL, key=key, facts=facts)


def wishes(*, phone: str = "", digest: int | None = None, language: str = "", **choices: Choice) -> Wishes:
    return Wishes(
        language=language,
        phone=phone,
        quiet_from_hour=22,
        quiet_to_hour=7,
        digest_hour=digest,
        choices={NoticeKind(kind): choice for kind, choice in choices.items()},
    )


def only(*channels: Channel, limit: float | None = None) -> Choice:
    return Choice(
        by_email=Channel.EMAIL in channels,
        by_push=Channel.PUSH in channels,
        by_sms=Channel.SMS in channels,
        limit=limit,
    )


def test_an_occasion_is_told_once_however_often_it_is_found(household: Household, resident: User) -> None:
    assert tell([frost(household)], at=AT) == 1
    assert tell([frost(household, 4.0)], at=AT + timedelta(hours=1)) == 0

    assert [(one.user, one.facts) for one in Notice.objects.all()] == [(resident, {"value": 5.0})]
    assert deliver_due(at=AT) == 1
    assert deliver_due(at=AT + timedelta(days=1)) == 0
    assert [message.to for message in mail.outbox] == [[resident.email]]


def test_all_in_the_home_are_told_but_a_caretaker_of_no_bill(household: Household, resident: User) -> None:
    caretaker = a_resident(household=household, role=MembershipRole.CARETAKER)
    former = a_user()
    a_membership(user=former, household=household, ends_on=date(2026, 1, 10))

    tell([frost(household), bill(household)], at=AT)

    told = set(Notice.objects.values_list("user", "kind"))
    assert told == {(resident.pk, "frost"), (resident.pk, "bill"), (caretaker.pk, "frost")}


def test_a_bill_from_before_somebody_came_is_not_theirs(household: Household, resident: User) -> None:
    before = Occasion(household_id=household.pk, kind=NoticeKind.BILL, key="b", before=date(2025, 11, 15))

    assert tell([before], at=AT) == 0
    assert not Notice.objects.filter(user=resident).exists()


def test_ones_own_limit_decides(household: Household, resident: User) -> None:
    choose_notices(user=resident, wishes=wishes(frost=only(Channel.EMAIL, limit=12.0)), at=AT)
    usual = a_resident(household=household)

    tell([frost(household, 11.0)], at=AT)

    assert [one.user for one in Notice.objects.all()] == [resident]
    assert not Notice.objects.filter(user=usual).exists()


def test_a_limit_out_of_bounds_keeps_nothing(resident: User) -> None:
    with pytest.raises(ValidationError, match="between 3 and 14"):
        choose_notices(user=resident, wishes=wishes(phone="+8613800138000", frost=only(limit=30.0)), at=AT)
    with pytest.raises(ValidationError):
        choose_notices(user=resident, wishes=wishes(phone="13800138000"), at=AT)
    assert not NoticeSettings.objects.exists()


def test_an_sms_is_written_by_the_provider_that_is_set(
    household: Household, resident: User, settings: Settings, tmp_path: Path
) -> None:
    settings.SMS_URL = tmp_path.as_uri()
    chosen = wishes(phone="+8613800138000", language="zh-hans", frost=only(Channel.SMS))
    choose_notices(user=resident, wishes=chosen, at=AT)

    tell([frost(household)], at=NIGHT)
    assert deliver_due(at=NIGHT) == 1

    (said,) = (json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.iterdir())
    assert said["to"] == "+8613800138000"
    assert "5.0" in said["text"]
    assert not said["text"].isascii()
    assert mail.outbox == []


def test_without_a_provider_an_sms_is_given_up_with_its_reason(
    household: Household, resident: User, settings: Settings
) -> None:
    settings.SMS_URL = ""
    choose_notices(user=resident, wishes=wishes(phone="+8613800138000", frost=only(Channel.SMS)), at=AT)

    tell([frost(household)], at=AT)

    assert deliver_due(at=AT) == 0
    delivery = Delivery.objects.get()
    assert (delivery.given_up_at, delivery.detail) == (AT, "no provider of SMS is set up")


def test_a_bill_in_the_night_rings_in_the_morning(household: Household, resident: User) -> None:
    choose_notices(user=resident, wishes=wishes(bill=only(Channel.EMAIL)), at=AT)
    tell([bill(household)], at=NIGHT)

    assert deliver_due(at=NIGHT + timedelta(hours=7)) == 0
    assert deliver_due(at=NIGHT + timedelta(hours=8)) == 1


def test_a_digest_is_one_mail_with_all_of_it(household: Household, resident: User) -> None:
    choose_notices(user=resident, wishes=wishes(digest=18, bill=only(Channel.EMAIL)), at=AT)
    tell([bill(household), bill(household, "bill:2")], at=AT)
    evening = datetime(2026, 1, 10, 10, tzinfo=UTC)

    assert deliver_due(at=evening - timedelta(minutes=1)) == 0
    assert deliver_due(at=evening) == 1

    (message,) = mail.outbox
    assert message.subject == "2 notices from your heat supplier"
    assert message.body.count("Your bill B-1") == 2
    assert deliver_due(at=evening + timedelta(days=1)) == 0


def test_a_mail_server_that_is_away_is_tried_again_and_then_no_more(
    household: Household, resident: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell([frost(household)], at=AT)
    assert resident

    assert deliver_due(at=AT) == 0
    assert deliver_due(at=AT) == 0
    delivery = Delivery.objects.get()
    assert (delivery.tries, delivery.due_at) == (1, AT + WAIT)

    for _try in range(MOST_TRIES - 1):
        delivery.refresh_from_db()
        deliver_due(at=delivery.due_at)
    delivery.refresh_from_db()
    assert (delivery.tries, delivery.given_up_at is not None) == (MOST_TRIES, True)


def test_what_was_claimed_by_a_worker_that_died_is_not_lost(household: Household, resident: User) -> None:
    tell([frost(household)], at=AT)
    Delivery.objects.update(tries=1, due_at=AT + WAIT)

    assert deliver_due(at=AT) == 0
    assert deliver_due(at=AT + WAIT) == 1
    key = Delivery.objects.get().pk
    assert resident
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<notice-{key}-email@")


def test_a_push_without_a_browser_is_not_even_planned(household: Household, resident: User) -> None:
    choose_notices(user=resident, wishes=wishes(frost=only(Channel.PUSH)), at=AT)
    tell([frost(household)], at=AT)

    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "endpoint", ["https://127.0.0.1/x", "https://valkey.internal/", "https://evilpush.apple.com.example/"]
)
def test_a_browser_points_us_at_no_host_but_a_push_service(resident: User, endpoint: str) -> None:
    with pytest.raises(ValidationError, match="known push service"):
        subscribe(user=resident, endpoint=endpoint, p256dh="B" * 87, auth="a" * 22, at=AT)
    assert not PushSubscription.objects.exists()


def test_a_browser_that_changes_hands_rings_for_the_new_one_only(resident: User) -> None:
    other = a_user()
    for user in (resident, other):
        subscribe(user=user, endpoint="https://web.push.apple.com/abc", p256dh="B" * 87, auth="a" * 22, at=AT)

    assert [row.user for row in PushSubscription.objects.all()] == [other]


def test_reading_ends_being_new(household: Household, resident: User) -> None:
    tell([frost(household), bill(household)], at=AT)
    newest = Notice.objects.order_by("-pk").first()
    assert newest

    assert mark_read(user=resident, up_to=newest.pk, at=AT) == 2
    assert mark_read(user=resident, up_to=newest.pk, at=AT + timedelta(hours=1)) == 0
    assert set(Notice.objects.values_list("read_at", flat=True)) == {AT}


def test_an_outage_is_told_to_its_address_and_again_when_it_changes(
    household: Household, resident: User
) -> None:
    elsewhere = a_resident(household=a_household())
    asked = NewOutage(reason="burst main", starts_at=AT, building=household.building)
    outage = announce_outage(outage=asked, by=None, at=AT)
    back = AT + timedelta(hours=3)

    expect_heat(outage=outage, expected_at=back, at=AT)
    expect_heat(outage=outage, expected_at=back, at=AT)
    end_outage(outage=outage, at=back)
    end_outage(outage=outage, at=back)

    assert Notice.objects.filter(user=resident).count() == 3
    assert not Notice.objects.filter(user=elsewhere).exists()


def test_telling_many_homes_asks_no_more_questions(household: Household) -> None:
    homes = [household, *(a_household(building=household.building) for _ in range(3))]
    for home in homes:
        a_resident(household=home)

    with CaptureQueriesContext(connection) as one:
        tell([frost(household)], at=AT)
    with CaptureQueriesContext(connection) as three:
        tell([frost(home) for home in homes[1:]], at=AT)

    assert Notice.objects.count() == 4
    assert len(three) == len(one)
