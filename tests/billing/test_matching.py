"""Whose money it is: what speaks for a bill, how much, and when that is enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.matching import Incoming, OpenBill, suggestions, sure_match
from billing.references import numbers_in, payment_reference

NUMBERS = st.builds(
    lambda year, count: f"{year}-{count:06d}", st.integers(2000, 2099), st.integers(1, 999_999)
)


def _line(text: str = "", *, minor: int = 51_230, name: str = "", account: str = "") -> Incoming:
    return Incoming(
        amount_minor=minor, currency="CNY", reference=text, payer_name=name, payer_account=account
    )


def _bill(ident: int = 1, *, number: str = "2026-000041", owed_minor: int = 51_230) -> OpenBill:
    return OpenBill(
        invoice_id=ident,
        contract_id=ident,
        number=number,
        customer_number=f"C00000{ident}",
        customer_name="Li Na",
        owed_minor=owed_minor,
        currency="CNY",
        known_accounts=frozenset({"62220"}) if ident == 1 else frozenset(),
    )


@pytest.mark.parametrize(
    ("line", "confidence", "signs", "is_sure"),
    [
        (_line("RF29 2026 0000 41", minor=100), 90, ("reference",), True),
        (_line("heat rf29202600 0041 thanks"), 100, ("reference", "amount"), True),
        (_line("Bill 2026-000041"), 90, ("number", "amount"), True),
        (_line("Bill 2026 000041", minor=100), 75, ("number",), False),
        (_line("C000001", name="NA LI"), 88, ("customer", "amount", "name"), True),
        (_line("C000001"), 80, ("customer", "amount"), False),
        (_line("heat", account="62220"), 60, ("account", "amount"), False),
        (_line("heat"), 30, ("amount",), False),
    ],
)
def test_what_speaks_for_a_bill(
    line: Incoming, confidence: int, signs: tuple[str, ...], *, is_sure: bool
) -> None:
    found = suggestions(line, [_bill()])

    assert (found[0].confidence, found[0].signs) == (confidence, signs)
    assert (sure_match(found) is not None) == is_sure


def test_nothing_speaks_for_a_stranger_or_another_currency() -> None:
    assert suggestions(_line("heat", minor=1), [_bill()]) == []
    in_krona = Incoming(
        amount_minor=51_230, currency="SEK", reference="2026-000041", payer_name="", payer_account=""
    )
    assert suggestions(in_krona, [_bill()]) == []


@pytest.mark.parametrize("text", ["A2026-000041", "bill a2026 000041"])
def test_the_series_letter_is_part_of_a_number(text: str) -> None:
    bills = [_bill(1, owed_minor=7), _bill(2, number="A2026-000041", owed_minor=9)]

    assert [(each.invoice_id, each.signs) for each in suggestions(_line(text), bills)] == [(2, ("number",))]


@pytest.mark.parametrize("text", ["Bill2026-000041", "NR:2026-000041", "(2026-000041)"])
def test_words_written_together_with_a_number_are_no_series(text: str) -> None:
    assert suggestions(_line(text), [_bill()])[0].signs == ("number", "amount")


def test_two_equally_likely_bills_are_for_a_clerk() -> None:
    bills = [_bill(1), _bill(2, number="2026-000042")]
    found = suggestions(_line("2026-000041 or 2026-000042"), bills)

    assert [each.confidence for each in found] == [90, 90]
    assert sure_match(found) is None


@given(NUMBERS)
def test_a_reference_is_found_in_any_spelling(number: str) -> None:
    reference = payment_reference(number)

    for text in (
        reference,
        reference.replace(" ", ""),
        f"Heat, {reference.lower()}!",
        reference.replace(" ", "-"),
    ):
        assert number.replace("-", "") in numbers_in(text)


@given(NUMBERS, st.integers(0, 9), st.integers(0, 9))
def test_one_wrong_digit_is_never_another_bill(number: str, place: int, digit: int) -> None:
    compact = payment_reference(number).replace(" ", "")
    position = 4 + place
    wrong = compact[:position] + str(digit) + compact[position + 1 :]

    assert (wrong[4:] in numbers_in(wrong)) == (wrong == compact)
