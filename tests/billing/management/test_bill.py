"""`manage.py bill`: what a clerk types, and what is told."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.models import Invoice
from tests.billing.factories import a_customer, a_tariff

JANUARY = ("--from", "2026-01-01", "--to", "2026-02-01")


@pytest.fixture
def town(utility: Utility) -> Utility:
    """Two homes to bill, and one that was never read."""
    with utility_scope(utility):
        a_tariff()
        for _home in range(2):
            a_customer()
        a_customer(registers_wh={})
    return utility


def _bill(utility: Utility, *options: str) -> list[str]:
    out = StringIO()
    call_command("bill", "--utility", utility.slug, *options, stdout=out)
    return out.getvalue().splitlines()


def _states(utility: Utility) -> list[str]:
    with utility_scope(utility):
        return list(Invoice.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize(
    ("options", "words", "states"),
    [
        (["--dry-run"], "could be drawn up", []),
        ([], "drafted", ["draft", "draft"]),
        (["--issue"], "issued", ["issued", "issued"]),
    ],
)
def test_it_goes_as_far_as_it_is_told(
    town: Utility, options: list[str], words: str, states: list[str]
) -> None:
    assert _bill(town, *JANUARY, *options) == [
        "3 of 3 contracts",
        f"2 invoices {words}, 1024.60 CNY in all; 1 left out",
        "  1 x No meter readings at the start and end of the period",
    ]
    assert _states(town) == states


def test_it_names_who_was_left_out_when_asked(town: Utility) -> None:
    last = _bill(town, *JANUARY, "--dry-run", "--verbosity", "2")[-1]

    assert last.endswith("No meter was read between 2026-01-01 and 2026-02-01.")


def test_an_unknown_utility_is_answered_with_the_known_ones(town: Utility) -> None:
    with pytest.raises(CommandError, match=f"no utility 'nowhere'. Known are: {town.slug}"):
        call_command("bill", "--utility", "nowhere", *JANUARY)


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (("--from", "2026-02-01", "--to", "2026-01-01"), "must end after it starts"),
        (("--from", "2026-01-01", "--to", "2099-01-01"), "are not over"),
        (("--from", "January", "--to", "2026-02-01"), "argument --from: 'January' is no date"),
        ((*JANUARY, "--issue", "--dry-run"), "not allowed with"),
    ],
)
def test_days_that_cannot_be_billed_are_refused(town: Utility, days: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        _bill(town, *days)
    assert _states(town) == []
