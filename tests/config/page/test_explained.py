"""Why a bill is what it is, on the page."""

import pytest
from django.test import Client

from accounts.models import Contract, Utility
from config.chart import swings
from tests.billing.years import FIRST, both_bills, two_winters
from tests.factories import a_resident


@pytest.fixture
def contract(client: Client, scoped: Utility) -> Contract:  # noqa: ARG001 - made inside the scope
    """A home of two winters, its owner signed in."""
    contract = two_winters()
    client.force_login(a_resident(household=contract.household, starts_on=FIRST.start))
    return contract


def _page(client: Client, contract: Contract, bill_id: int, language: str = "en") -> str:
    address = f"/homes/{contract.household_id}/bills/{bill_id}/explained"
    return client.get(address, headers={"Accept-Language": language}).content.decode()


def test_a_sentence_bars_to_either_side_and_a_table(client: Client, contract: Contract) -> None:
    _before, now = both_bills(contract)
    page = _page(client, contract, now)

    assert "¥13.95 more than for January 2025. What did most: Weather, +¥33.14." in page
    assert page.count("<rect") == 5
    for words in ("¥512.30", "+¥33.14", "−¥19.19", "¥526.25", "1,080 kWh", "720.0 degree days"):
        assert words in page
    assert f'href="/homes/{contract.household_id}/bills/{now}/"' in page


def test_it_is_told_in_chinese_too(client: Client, contract: Contract) -> None:
    _before, now = both_bills(contract)

    assert "天气" in _page(client, contract, now, language="zh-hans")


def test_the_bill_leads_there(client: Client, contract: Contract) -> None:
    _before, now = both_bills(contract)
    page = client.get(f"/homes/{contract.household_id}/bills/{now}/").content.decode()

    assert f"/homes/{contract.household_id}/bills/{now}/explained" in page


def test_a_first_bill_says_why_there_is_nothing_to_see(client: Client, contract: Contract) -> None:
    before, _now = both_bills(contract)

    assert "There is no bill of yours for the same days a year before." in _page(client, contract, before)


def test_bars_go_to_either_side_of_nothing() -> None:
    zero, drawn = swings([30.0, -10.0, 0.0], width=400)

    assert zero == 100
    assert [(bar.x, bar.width) for bar in drawn] == [(100, 300), (0, 100), (100, 0)]
    assert swings([0.0], width=400) == (0, [drawn[2].__class__(x=0, width=0)])
