"""The code on a bill, and the two ways into a home."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.enums import MembershipRole
from accounts.models import Contract, Household
from accounts.operations.claims import ClaimRefusedError, claim_by_code, claim_by_meter
from accounts.queries.claims import ALPHABET, claim_code, contract_by_code
from tests.factories import a_household, a_membership, a_resident, a_user

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)
TODAY = date(2026, 1, 10)


@pytest.fixture
def contract(household: Household) -> Contract:
    return Contract.objects.create(household=household, customer_name="Li Na", starts_on=date(2025, 11, 15))


def test_a_code_names_its_contract_however_it_is_typed(contract: Contract) -> None:
    code = claim_code(contract.pk)

    assert contract_by_code(code, at=AT) == contract
    assert contract_by_code(code.lower().replace("-", " "), at=AT) == contract
    assert contract_by_code(code.replace("0", "O").replace("1", "l"), at=AT) == contract


def test_a_code_ends_with_its_contract(contract: Contract) -> None:
    contract.ends_on = TODAY
    contract.save()

    assert contract_by_code(claim_code(contract.pk), at=AT) is None


def test_a_code_survives_a_change_of_the_secret_key(contract: Contract, settings: Settings) -> None:
    code = claim_code(contract.pk)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 9, [settings.SECRET_KEY]

    assert contract_by_code(code, at=AT) == contract
    assert claim_code(contract.pk) != code


@given(contract_id=st.integers(1, 2**50), place=st.integers(0, 20), digit=st.sampled_from(ALPHABET))
def test_a_code_with_one_digit_changed_is_another_code(contract_id: int, place: int, digit: str) -> None:
    code = claim_code(contract_id)
    place %= len(code)
    typo = code[:place] + digit + code[place + 1 :]
    if code[place] not in {"-", digit}:
        number = typo.replace("-", "")[:-10]
        assert claim_code(sum(ALPHABET.index(c) * 32**n for n, c in enumerate(reversed(number)))) != typo


@pytest.mark.parametrize("code", ["", "-", "3F", "3F-8K2QZ-71MNP", "é" * 20, "0" * 40, "U" * 13])
@pytest.mark.django_db
def test_what_is_no_code_names_nothing(code: str) -> None:
    assert contract_by_code(code, at=AT) is None


def test_the_code_opens_the_past_since_the_contract_began(contract: Contract) -> None:
    membership = claim_by_code(user=a_user(), contract=contract, at=AT)

    assert (membership.role, membership.starts_on) == (MembershipRole.OWNER, contract.starts_on)


def test_who_comes_second_with_the_code_is_a_member(contract: Contract) -> None:
    claim_by_code(user=a_user(), contract=contract, at=AT)

    assert claim_by_code(user=a_user(), contract=contract, at=AT).role == MembershipRole.MEMBER


def test_the_meter_opens_an_empty_home_from_today(household: Household) -> None:
    membership = claim_by_meter(user=a_user(), household=household, at=AT)

    assert (membership.role, membership.starts_on) == (MembershipRole.OWNER, TODAY)


def test_the_meter_opens_no_home_in_which_somebody_lives(household: Household) -> None:
    a_resident(household=household)

    with pytest.raises(ClaimRefusedError):
        claim_by_meter(user=a_user(), household=household, at=AT)


def test_a_former_tenant_still_knows_the_meter_and_is_refused(household: Household) -> None:
    former = a_user()
    a_membership(user=former, household=household, starts_on=date(2024, 1, 1), ends_on=date(2025, 9, 1))

    with pytest.raises(ClaimRefusedError):
        claim_by_meter(user=former, household=household, at=AT)


def test_a_former_tenant_who_comes_back_as_customer_is_let_in_anew(contract: Contract) -> None:
    person = a_user()
    a_membership(
        user=person, household=contract.household, starts_on=date(2024, 1, 1), ends_on=contract.starts_on
    )

    assert claim_by_code(user=person, contract=contract, at=AT).starts_on == contract.starts_on


def test_who_was_put_out_does_not_come_back_by_the_code(contract: Contract) -> None:
    person, ended = a_user(), contract.starts_on + timedelta(days=10)
    a_membership(user=person, household=contract.household, starts_on=contract.starts_on, ends_on=ended)

    with pytest.raises(ClaimRefusedError):
        claim_by_code(user=person, contract=contract, at=AT)


def test_a_claim_on_ones_own_home_changes_nothing(contract: Contract) -> None:
    user = a_user()
    first = claim_by_code(user=user, contract=contract, at=AT)

    assert claim_by_code(user=user, contract=contract, at=AT) == first
    assert claim_by_meter(user=user, household=contract.household, at=AT) == first


def test_who_is_let_in_later_does_not_come_earlier_by_the_code(contract: Contract) -> None:
    guest = a_user()
    a_membership(user=guest, household=contract.household, starts_on=TODAY + timedelta(days=5))

    with pytest.raises(ClaimRefusedError):
        claim_by_code(user=guest, contract=contract, at=AT)


def test_numbers_that_name_no_home_are_refused_in_the_same_words(household: Household) -> None:
    a_resident(household=household)
    sentences = set()
    for attempt in (household, None, a_household()):
        try:
            claim_by_meter(user=a_user(), household=attempt, at=AT)
        except ClaimRefusedError as error:
            sentences.add(str(error))
    assert len(sentences) == 1
