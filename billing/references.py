"""The payment reference of a bill, by ISO 11649: a mistyped digit is noticed before money goes astray."""

from __future__ import annotations

import re
from typing import Final

# Letters count as two digits, A being 10, as in ISO 7064 MOD 97-10.
_BASE: Final = 36
_MODULUS: Final = 97
_SPACES: Final = re.compile(r"[\s-]+")
_FOUND: Final = re.compile(r"RF\d{2}(?:[ -]?[0-9A-Z]){1,21}")


def payment_reference(number: str) -> str:
    """The reference of the bill ``number``: 2026-000041 becomes RF29 2026 0000 41."""
    body = _SPACES.sub("", number).upper()
    whole = f"RF{98 - _remainder(f'{body}RF00'):02d}{body}"
    return " ".join(whole[start : start + 4] for start in range(0, len(whole), 4))


def numbers_in(text: str) -> set[str]:
    """The bodies of all references in ``text`` whose check digits are right, without dashes and blanks."""
    found = set()
    for match in _FOUND.finditer(text.upper()):
        whole = _SPACES.sub("", match[0])
        # Words may follow without a blank that tells; the longest body that checks out is meant.
        for end in range(len(whole), 4, -1):
            if _remainder(whole[4:end] + whole[:4]) == 1:
                found.add(whole[4:end])
                break
    return found


def _remainder(text: str) -> int:
    return int("".join(str(int(char, _BASE)) for char in text)) % _MODULUS
