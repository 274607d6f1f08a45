"""The code on a bill that lets its customer into the home: made from the contract, stored nowhere.

A code is the contract's number and a tag of it under the secret key, in Crockford's base 32, which has no
letter that is mistaken for a digit: `3F-8K2QZ-71MNP`. It ends with the contract it was printed for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Contract
from accounts.scope import across_utilities

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD: Final = str.maketrans("OIL", "011", " -·.")
SALT: Final = "accounts.claims"
# 50 bits: with ten tries an hour a guess takes longer than any house stands.
TAG_LENGTH: Final = 10
LONGEST_NUMBER: Final = 12
BITS: Final = 5


def claim_code(contract_id: int) -> str:
    """The code to print on the bills of a contract."""
    tag = _tag(contract_id, secret=settings.SECRET_KEY)
    return f"{_base32(contract_id)}-{tag[:BITS]}-{tag[BITS:]}"


def contract_by_code(code: str, *, at: datetime) -> Contract | None:
    """The contract that runs at ``at`` and on whose bills ``code`` stands; None where there is none.

    Blanks, hyphens, small letters and the letters O, I and L for digits are forgiven.
    """
    typed = code.upper().translate(MISREAD)
    number, tag = typed[:-TAG_LENGTH], typed[-TAG_LENGTH:]
    if not 0 < len(number) <= LONGEST_NUMBER or not set(number) <= set(ALPHABET):
        return None
    contract_id = _number(number)
    # A list, so that every key is compared and the time taken says nothing.
    fits = [constant_time_compare(tag, expected) for expected in _tags(contract_id)]
    return _running(contract_id, at=at) if any(fits) else None


def _running(contract_id: int, *, at: datetime) -> Contract | None:
    with across_utilities("the code on a bill names its contract"):
        contracts = Contract.objects.select_related("household__utility", "utility")
        contract = contracts.filter(pk=contract_id).first()
    if contract is None or contract.utility.local_date(at) not in contract.period:
        return None
    return contract


def _tags(contract_id: int) -> Iterator[str]:
    # Bills stay in drawers longer than a secret key stays in use.
    return (_tag(contract_id, secret=key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _tag(contract_id: int, *, secret: str | bytes) -> str:
    digest = salted_hmac(SALT, str(contract_id), secret=secret, algorithm="sha256").digest()
    number = int.from_bytes(digest[:8]) >> (64 - BITS * TAG_LENGTH)
    return _base32(number).rjust(TAG_LENGTH, ALPHABET[0])


def _base32(number: int) -> str:
    digits = ALPHABET[number % 32]
    while number := number >> BITS:
        digits = ALPHABET[number % 32] + digits
    return digits


def _number(digits: str) -> int:
    return sum(ALPHABET.index(digit) << (BITS * place) for place, digit in enumerate(reversed(digits)))
