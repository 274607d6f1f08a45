"""Whose money a line of a bank statement is: candidates, each with its confidence and the reasons for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billing.references import numbers_in

# What each sign is worth, out of a hundred; the strongest counts, and the amount or the name adds to it.
REFERENCE: Final = 90
NUMBER: Final = 75
CUSTOMER: Final = 65
KNOWN_ACCOUNT: Final = 45
AMOUNT_ALONE: Final = 30
SAME_AMOUNT: Final = 15
SAME_NAME: Final = 8
# From here on a line is matched by itself, unless the next candidate is as close as this.
SURE: Final = 85
MARGIN: Final = 10

_WORDS: Final = re.compile(r"[0-9A-Z]+")
# A letter alone before the year names the series: A2026-000041 is another document than 2026-000041.
_NUMBER: Final = re.compile(r"(?<![0-9])((?:(?<![A-Z])[A-Z](?=\d))?\d{4})[ -]?(\d{6})(?![0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A credit on the bank account."""

    amount_minor: int
    currency: str
    reference: str
    payer_name: str
    payer_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBill:
    """A bill that something is owed on."""

    invoice_id: int
    contract_id: int
    number: str
    customer_number: str
    customer_name: str
    owed_minor: int
    currency: str
    known_accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A bill a line may pay; ``confidence`` of 100, and what speaks for it."""

    invoice_id: int
    contract_id: int
    confidence: int
    signs: tuple[str, ...]


def suggestions(line: Incoming, bills: Sequence[OpenBill]) -> list[Suggestion]:
    """The bills that something speaks for, the likeliest first; the older bill where two are alike."""
    found = [suggestion for bill in bills if (suggestion := _judge(line, bill)) is not None]
    return sorted(found, key=lambda each: (-each.confidence, each.invoice_id))


def sure_match(found: Sequence[Suggestion]) -> Suggestion | None:
    """The one to be matched without a clerk; None where there is none, or a second is nearly as likely."""
    if not found or found[0].confidence < SURE:
        return None
    # Another bill of the same customer is no doubt about whose money it is.
    rivals = [each for each in found[1:] if each.contract_id != found[0].contract_id]
    is_close = bool(rivals) and found[0].confidence - rivals[0].confidence < MARGIN
    return None if is_close else found[0]


def words_of(line: Incoming) -> set[str]:
    """The words in a line's text that may be customer numbers."""
    return set(_WORDS.findall(line.reference.upper()))


def numbers_of(line: Incoming) -> set[str]:
    """The bill numbers a line's text speaks of, by checked reference or in plain, as bills write them."""
    plain = {f"{year}-{count}" for year, count in _NUMBER.findall(line.reference.upper())}
    return plain | {f"{body[:-6]}-{body[-6:]}" for body in numbers_in(line.reference)}


def _judge(line: Incoming, bill: OpenBill) -> Suggestion | None:
    if line.currency != bill.currency:
        return None
    signs = _signs(line, bill)
    if not signs:
        return None
    strongest = max(signs.values())
    has_amount = line.amount_minor == bill.owed_minor
    has_name = _same_name(line.payer_name, bill.customer_name)
    extra = (SAME_AMOUNT if has_amount and "amount" not in signs else 0) + (SAME_NAME if has_name else 0)
    names = [*signs, *(["amount"] if has_amount and "amount" not in signs else []), *["name"] * has_name]
    return Suggestion(
        invoice_id=bill.invoice_id,
        contract_id=bill.contract_id,
        confidence=min(100, strongest + extra),
        signs=tuple(names),
    )


def _signs(line: Incoming, bill: OpenBill) -> dict[str, int]:
    signs = {}
    if bill.number.replace("-", "") in numbers_in(line.reference):
        signs["reference"] = REFERENCE
    elif bill.number in numbers_of(line):
        signs["number"] = NUMBER
    if bill.customer_number.upper() in words_of(line):
        signs["customer"] = CUSTOMER
    if line.payer_account and line.payer_account in bill.known_accounts:
        signs["account"] = KNOWN_ACCOUNT
    if not signs and line.amount_minor == bill.owed_minor:
        signs["amount"] = AMOUNT_ALONE
    return signs


def _same_name(payer: str, customer: str) -> bool:
    # Banks turn names round and shout them; Chinese names have one word.
    theirs, ours = (set(name.upper().replace(",", " ").split()) for name in (payer, customer))
    return bool(ours) and ours <= theirs
