"""Many keys in one array."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract, Household, Utility
from accounts.scope import utility_scope
from tests.factories import a_contract, a_household


@pytest.fixture(autouse=True)
def _scope(utility: Utility) -> Iterator[None]:
    with utility_scope(utility):
        yield


def test_any_of_finds_what_in_would_by_key_and_by_reference() -> None:
    homes = [a_household() for _each in range(3)]
    contracts = [a_contract(household=home) for home in homes]
    keys = [home.pk for home in homes[:2]]

    assert set(Household.objects.filter(pk__any_of=keys)) == set(homes[:2])
    assert set(Contract.objects.filter(household__any_of=iter(keys))) == set(contracts[:2])
    assert set(Contract.objects.exclude(household__any_of=keys)) == set(contracts[2:])
    assert list(Household.objects.filter(pk__any_of=[])) == []


def test_any_of_is_one_statement_however_often_it_is_read() -> None:
    home = a_household()
    found = Household.objects.filter(pk__any_of=(pk for pk in [home.pk]))

    with CaptureQueriesContext(connection) as asked:
        assert found.count() == found.all().count() == 1
    assert len(asked) == 2
    assert all("= ANY(" in query["sql"] for query in asked)
