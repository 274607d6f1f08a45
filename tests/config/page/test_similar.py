"""The home beside homes alike, on the page."""

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import SimilarGroup
from config.page.panels.similar import group_words
from tests.billing.streets import compared
from tests.factories import a_household, a_resident

pytestmark = pytest.mark.usefixtures("scoped")


def _page(client: Client, homes: int, *, language: str = "en") -> str:
    street = compared(homes, now=timezone.now())
    client.force_login(a_resident(household=street[0].household, starts_on=street[0].starts_on))
    address = f"/homes/{street[0].household_id}/similar"
    return client.get(address, headers={"Accept-Language": language}).content.decode()


def test_a_sentence_pairs_of_bars_and_a_table(client: Client) -> None:
    page = _page(client, 11)

    assert "5 % less heat a m² than the middle of 11 homes." in page
    assert page.count('<rect class="bar"') == page.count('<rect class="bar alike"') == 1
    for words in ("homes of 60 to 80 m² on a middle floor", "10.0", "10.5", "20.0"):
        assert words in page


def test_with_too_few_homes_it_says_so(client: Client) -> None:
    page = _page(client, 10)

    assert "There are not yet enough homes like yours to compare with" in page
    assert '<rect class="bar alike"' not in page


def test_it_is_told_in_chinese_too(client: Client) -> None:
    assert "与同类住户比较" in _page(client, 11, language="zh-hans")


def test_a_home_that_was_never_measured_says_so(client: Client) -> None:
    household = a_household()
    client.force_login(a_resident(household=household))

    assert (
        "No whole month has been measured yet."
        in client.get(f"/homes/{household.pk}/similar").content.decode()
    )


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("residential|0|top", "homes below 40 m² on the top floor"),
        ("residential|7", "homes from 200 m²"),
        ("residential", "homes of all sizes"),
    ],
)
def test_groups_are_said_in_words(key: str, words: str) -> None:
    assert group_words(SimilarGroup(key=key)) == words
