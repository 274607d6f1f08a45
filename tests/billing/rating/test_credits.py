"""Parts of a line taken back: whatever the split and the order, together they are the line."""

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.credits import Credit, Credited, CreditTooLargeError
from billing.rating.trace import from_json, holds, to_json

LINE = Credited(number="2026-000001", position=2, net_minor=16_000, tax_minor=1_440)
amounts = st.integers(0, 10**10)


def a_credit(minor: int, *, before: int = 0, line: Credited = LINE) -> Credit:
    """A part of ``line`` in yuan."""
    return Credit(line=line, before_minor=before, minor=minor, currency="CNY", minor_digits=2)


def test_the_whole_line_is_its_amounts_with_the_sign_turned() -> None:
    credit = a_credit(17_440)

    assert (credit.net_minor, credit.tax_minor) == (-16_000, -1_440)
    assert credit.formula == "−1 × 160.00 CNY = -160.00 CNY"


def test_a_part_is_shared_between_net_and_tax_as_the_line_is() -> None:
    first = a_credit(10_000)
    second = a_credit(7_440, before=10_000)

    assert (first.net_minor, first.tax_minor) == (-9_174, -826)
    assert (second.net_minor, second.tax_minor) == (-6_826, -614)
    assert first.formula == "−1 × 160.00 CNY × 100.00 CNY / 174.40 CNY = -91.74 CNY"
    assert second.formula == "91.74 CNY − 160.00 CNY × 174.40 CNY / 174.40 CNY = -68.26 CNY"


def test_a_cap_is_taken_back_upwards() -> None:
    cap = Credited(number="2026-000001", position=3, net_minor=-24_000, tax_minor=-2_160)
    credit = a_credit(-26_160, line=cap)

    assert (credit.net_minor, credit.tax_minor) == (24_000, 2_160)


def test_four_lines_credited_one_by_one_are_the_invoice() -> None:
    # getlago/lago#2643: 334.99 invoiced, 335.00 credited by four notes that taxed anew.
    nets = [6_833, 6_833, 5_750, 8_500]
    lines = [
        Credited(number="1", position=n, net_minor=net, tax_minor=round(Fraction(net, 5)))
        for n, net in enumerate(nets, start=1)
    ]
    credits_ = [a_credit(line.total_minor, line=line) for line in lines]

    assert sum(credit.net_minor + credit.tax_minor for credit in credits_) == -sum(
        line.total_minor for line in lines
    )


@pytest.mark.parametrize(
    ("minor", "before"), [(0, 0), (-1, 0), (17_441, 0), (1, 17_440), (7_441, 10_000), (5, -5)]
)
def test_what_no_split_contains_is_refused(minor: int, before: int) -> None:
    with pytest.raises(CreditTooLargeError, match=r"no part of 174\.40 CNY on line 2 of 2026-000001"):
        a_credit(minor, before=before)


@given(
    net=amounts,
    tax=amounts,
    cuts=st.lists(st.fractions(0, 1), max_size=12),
    sign=st.sampled_from([1, -1]),
    seed=st.integers(),
)
def test_any_split_in_any_order_gives_exactly_the_line(
    net: int, tax: int, cuts: list[Fraction], sign: int, seed: int
) -> None:
    line = Credited(number="1", position=1, net_minor=sign * net, tax_minor=sign * tax)
    edges = sorted({0, abs(line.total_minor), *(int(cut * abs(line.total_minor)) for cut in cuts)})
    parts = [sign * (end - start) for start, end in pairwise(edges)]
    Random(seed).shuffle(parts)  # noqa: S311 - an order, no secret

    before, credits_ = 0, []
    for part in parts:
        credits_.append(a_credit(part, before=before, line=line))
        before += part

    assert sum(credit.net_minor for credit in credits_) == (-line.net_minor if parts else 0)
    assert sum(credit.tax_minor for credit in credits_) == (-line.tax_minor if parts else 0)
    # No part has the wrong sign or more of either than there is.
    assert all(credit.net_minor * sign <= 0 and credit.tax_minor * sign <= 0 for credit in credits_)


@given(net=st.integers(1, 10**9), tax=amounts, share=st.fractions(0, 1))
def test_what_is_written_down_is_read_back(net: int, tax: int, share: Fraction) -> None:
    line = Credited(number="1", position=1, net_minor=net, tax_minor=tax)
    credit = a_credit(max(1, int(share * line.total_minor)), line=line)

    assert from_json(to_json(credit)) == credit
    assert holds(to_json(credit), net_minor=credit.net_minor, tax_minor=credit.tax_minor)
    assert not holds(to_json(credit), net_minor=credit.net_minor - 1, tax_minor=credit.tax_minor + 1)
