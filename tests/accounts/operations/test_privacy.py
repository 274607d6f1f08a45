"""A copy of one's data, consents, being forgotten, and what retention clears away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import InternalError, transaction
from django.db.utils import IntegrityError

from accounts.enums import ConsentPurpose, MembershipRole, NoticeKind, RequestState, TokenScope
from accounts.models import (
    AccessToken,
    Consent,
    DataRequest,
    Household,
    Membership,
    Notice,
    NoticeSettings,
    User,
)
from accounts.operations.consents import has_consent, record_consent
from accounts.operations.notice_wishes import Wishes, choose_notices, subscribe, unsubscribe
from accounts.operations.notices import Occasion, tell
from accounts.operations.privacy import (
    EXPORTS_A_DAY,
    GRACE,
    KEPT,
    RUNS_AT_MOST,
    PrivacyError,
    ask_for_erasure,
    ask_for_export,
    forget_due,
    hand_out,
    keep_me,
    sweep,
    take_export,
)
from accounts.operations.tokens import make_token
from accounts.queries.privacy import archive_of
from tests.comfort.factories import a_vote
from tests.factories import a_clerk, a_membership, a_resident, a_user

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)
PHONE = "+8613800138000"


@pytest.fixture
def member(household: Household) -> User:
    return a_resident(household=household, role=MembershipRole.MEMBER)


def with_phone(phone: str) -> Wishes:
    return Wishes(language="", phone=phone, quiet_from_hour=22, quiet_to_hour=7, digest_hour=None, choices={})


def test_one_archive_is_made_at_a_time_and_kept_for_a_week(member: User) -> None:
    first = ask_for_export(user=member, at=AT)
    assert ask_for_export(user=member, at=AT) == first
    taken = take_export(at=AT)
    assert taken == first
    assert take_export(at=AT) is None
    hand_out(request=first, archive=b"zip", at=AT)

    assert archive_of(member) == b"zip"
    sweep(at=AT + KEPT)
    assert archive_of(member) is None


def test_an_archive_whose_worker_died_is_made_again(member: User) -> None:
    request = ask_for_export(user=member, at=AT)
    take_export(at=AT)

    sweep(at=AT + RUNS_AT_MOST)

    assert take_export(at=AT + RUNS_AT_MOST) == request


def test_archives_are_made_three_times_a_day_at_most(member: User) -> None:
    for _number in range(EXPORTS_A_DAY):
        hand_out(request=ask_for_export(user=member, at=AT), archive=b"", at=AT)
        DataRequest.objects.update(state=RequestState.READY)

    with pytest.raises(PrivacyError, match="Three archives"):
        ask_for_export(user=member, at=AT + timedelta(hours=1))
    assert ask_for_export(user=member, at=AT + timedelta(days=1)).state == RequestState.WAITING


def test_who_is_forgotten_leaves_votes_and_no_name(household: Household, member: User) -> None:
    vote = a_vote(household=household, user=member)
    make_token(user=member, name="x", scopes=[TokenScope.HOMES], lifetime=timedelta(days=9), at=AT)
    choose_notices(user=member, wishes=with_phone(PHONE), at=AT)
    tell([Occasion(household_id=household.pk, kind=NoticeKind.OUTAGE, key="o")], at=AT)
    ask_for_erasure(user=member, at=AT)

    assert forget_due(at=AT + GRACE - timedelta(seconds=1)) == 0
    assert forget_due(at=AT + GRACE) == 1

    gone = User.objects.get(pk=member.pk)
    assert gone.email.endswith("@deleted.invalid")
    assert (gone.name, gone.is_active, gone.has_usable_password()) == ("", False, False)
    vote.refresh_from_db()
    assert vote.user == gone
    assert not AccessToken.objects.filter(user=gone).exists()
    assert not NoticeSettings.objects.filter(user=gone).exists()
    assert not Notice.objects.filter(user=gone).exists()
    assert Membership.objects.get(user=gone).ends_on == date(2026, 1, 24)
    assert forget_due(at=AT + GRACE * 2) == 0


def test_an_erasure_can_be_taken_back(member: User) -> None:
    ask_for_erasure(user=member, at=AT)
    keep_me(user=member)

    assert forget_due(at=AT + GRACE) == 0
    assert User.objects.get(pk=member.pk).email == member.email


def test_who_pays_moves_out_first(resident: User) -> None:
    with pytest.raises(PrivacyError, match="Move out first"):
        ask_for_erasure(user=resident, at=AT)
    assert not DataRequest.objects.exists()


@pytest.mark.usefixtures("scoped")
def test_a_clerk_is_not_forgotten_by_themselves() -> None:
    with pytest.raises(PrivacyError, match="administrator"):
        ask_for_erasure(user=a_clerk(), at=AT)


def test_who_became_a_payer_meanwhile_is_kept_with_the_reason(household: Household) -> None:
    person = a_user()
    request = ask_for_erasure(user=person, at=AT)
    a_membership(user=person, household=household)

    assert forget_due(at=AT + GRACE) == 0
    request.refresh_from_db()
    assert (request.due_at, request.detail[:14]) == (AT + GRACE * 2, "You still pay ")
    assert User.objects.get(pk=person.pk).is_active


def test_consent_is_a_record_that_only_grows(resident: User) -> None:
    for is_given in (True, True, False, True):
        record_consent(user=resident, purpose=ConsentPurpose.SMS, is_given=is_given, at=AT)

    assert list(Consent.objects.order_by("pk").values_list("is_given", flat=True)) == [True, False, True]
    assert has_consent(resident, ConsentPurpose.SMS)
    assert not has_consent(resident, ConsentPurpose.PUSH)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        Consent.objects.update(is_given=False)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        Consent.objects.all().delete()


def test_a_number_is_a_consent_and_removing_it_takes_it_back(resident: User) -> None:
    choose_notices(user=resident, wishes=with_phone(PHONE), at=AT)
    assert has_consent(resident, ConsentPurpose.SMS)

    choose_notices(user=resident, wishes=with_phone(""), at=AT + timedelta(days=1))
    assert not has_consent(resident, ConsentPurpose.SMS)


def test_the_last_browser_takes_the_consent_with_it(resident: User) -> None:
    ends = [f"https://web.push.apple.com/{name}" for name in "ab"]
    for endpoint in ends:
        subscribe(user=resident, endpoint=endpoint, p256dh="B" * 87, auth="a" * 22, at=AT)
    unsubscribe(user=resident, endpoint=ends[0], at=AT)
    assert has_consent(resident, ConsentPurpose.PUSH)

    unsubscribe(user=resident, endpoint=ends[1], at=AT)
    assert not has_consent(resident, ConsentPurpose.PUSH)


def test_retention_spares_what_is_still_of_use(household: Household, resident: User) -> None:
    tell([Occasion(household_id=household.pk, kind=NoticeKind.OUTAGE, key="o")], at=AT)
    make_token(user=resident, name="x", scopes=[TokenScope.HOMES], lifetime=timedelta(days=9), at=AT)

    sweep(at=AT + timedelta(days=90))
    assert (Notice.objects.count(), AccessToken.objects.count()) == (1, 1)
    sweep(at=AT + timedelta(days=401))
    assert (Notice.objects.count(), AccessToken.objects.count()) == (0, 0)
