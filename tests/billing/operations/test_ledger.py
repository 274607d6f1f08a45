"""The ledger: two sides, a sum of zero, a key once, nothing ever changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Utility
from accounts.scope import NoUtilityInScopeError, across_utilities, utility_scope
from billing.enums import AccountCode, EntryKind
from billing.models import JournalEntry, LedgerAccount, Posting
from billing.operations.ledger import EntryKeyTakenError, Side, UnbalancedEntryError, post_entry
from tests.factories import a_utility

AT = datetime(2026, 2, 3, tzinfo=UTC)


def _pay(key: str = "payment:1", minor: int = 100) -> JournalEntry:
    return post_entry(
        key=key,
        kind=EntryKind.PAYMENT,
        at=AT,
        currency="CNY",
        sides=[
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=minor),
            Side(account=AccountCode.SUSPENSE, amount_minor=-minor),
        ],
    )


def _check_as_at_commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.usefixtures("scoped")
def test_an_entry_is_posted_with_its_sides() -> None:
    entry = _pay()

    _check_as_at_commit()
    assert sorted(entry.postings.values_list("account__code", "account__currency", "amount_minor")) == [
        ("provider_clearing", "CNY", 100),
        ("suspense", "CNY", -100),
    ]


@pytest.mark.usefixtures("scoped")
def test_the_same_key_posts_once() -> None:
    assert _pay().pk == _pay().pk
    assert Posting.objects.count() == 2


@pytest.mark.usefixtures("scoped")
def test_one_key_for_two_events_is_refused() -> None:
    _pay()
    with pytest.raises(EntryKeyTakenError, match="payment:1 was posted at 2026-02-03 00:00"):
        _pay(minor=200)
    assert list(Posting.objects.order_by("pk").values_list("amount_minor", flat=True)) == [100, -100]


@pytest.mark.parametrize("minors", [[], [100], [100, -99], [0, 0]])
@pytest.mark.usefixtures("scoped")
def test_what_does_not_balance_is_refused(minors: list[int]) -> None:
    sides = [Side(account=AccountCode.BANK, amount_minor=minor) for minor in minors]

    with pytest.raises(UnbalancedEntryError, match="Entry x has"):
        post_entry(key="x", kind=EntryKind.CORRECTION, at=AT, currency="CNY", sides=sides)
    assert not JournalEntry.objects.exists()


def test_books_are_kept_by_one_utility(utility: Utility) -> None:
    with pytest.raises(NoUtilityInScopeError):
        _pay()
    with across_utilities("a test"), pytest.raises(NoUtilityInScopeError):
        _pay()
    with utility_scope(utility):
        _pay()
    with utility_scope(a_utility()):
        assert not JournalEntry.objects.exists()
        assert _pay().pk


@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_an_entry_that_does_not_sum_to_zero() -> None:
    entry = _pay()
    with pytest.raises(DatabaseError, match="does not sum to zero: 5 minor units of CNY are left"):
        _post_behind_the_operation(entry, 5)
    assert Posting.objects.count() == 2


@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_an_entry_without_two_sides() -> None:
    JournalEntry.objects.create(key="bare", kind=EntryKind.CORRECTION, at=AT)
    with pytest.raises(DatabaseError, match="has 0 postings; money needs two sides"):
        _check_as_at_commit()


@pytest.mark.usefixtures("scoped")
def test_the_database_sums_each_currency_for_itself() -> None:
    entry = _pay()
    euro = LedgerAccount.objects.create(code=AccountCode.BANK, currency="EUR")
    yuan = entry.postings.earliest("pk").account
    sides = [(euro, 5), (yuan, -5)]
    with pytest.raises(DatabaseError, match="minor units of"), transaction.atomic():
        Posting.objects.bulk_create(
            Posting(entry=entry, account=account, amount_minor=minor) for account, minor in sides
        )
    assert entry.postings.count() == 2


@pytest.mark.parametrize("model", [JournalEntry, Posting, LedgerAccount])
@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_to_change_or_delete_what_is_booked(
    model: type[JournalEntry | Posting | LedgerAccount],
) -> None:
    _pay()
    before = list(model.objects.values())

    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        model.objects.update(utility=None)
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        model.objects.all()._raw_delete(model.objects.db)
    assert list(model.objects.values()) == before


def _post_behind_the_operation(entry: JournalEntry, minor: int) -> None:
    with transaction.atomic():
        account = entry.postings.earliest("pk").account
        Posting.objects.create(entry=entry, account=account, amount_minor=minor)
        _check_as_at_commit()


@pytest.mark.django_db(transaction=True)
def test_one_event_posted_by_four_processes_at_once_is_one_entry() -> None:
    utility, together = a_utility(), Barrier(4)

    def post(_process: int) -> int:
        try:
            together.wait(timeout=30)
            with utility_scope(utility):
                return _pay().pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as processes:
        entries = set(processes.map(post, range(4)))
    with utility_scope(utility):
        assert entries == {JournalEntry.objects.get().pk}
        assert Posting.objects.count() == 2


class RandomPostings(TestCase):
    """Whatever is posted in whatever order, the books sum to zero."""

    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(1, 5), st.sampled_from(AccountCode), st.integers(-(10**9), 10**9)),
            max_size=8,
        )
    )
    def test_the_books_sum_to_zero(self, events: list[tuple[int, AccountCode, int]]) -> None:
        with utility_scope(a_utility()):
            for number, account, minor in events:
                self._try(number, account, minor)
            _check_as_at_commit()
            assert sum(Posting.objects.values_list("amount_minor", flat=True)) == 0

    @staticmethod
    def _try(number: int, account: AccountCode, minor: int) -> None:
        sides = [
            Side(account=account, amount_minor=minor),
            Side(account=AccountCode.BANK, amount_minor=-minor),
        ]
        try:
            post_entry(key=f"event:{number}", kind=EntryKind.PAYMENT, at=AT, currency="CNY", sides=sides)
        except (EntryKeyTakenError, UnbalancedEntryError):
            return
