"""What a document's proof is made of, and the digests that tie it together. Pure.

Canonical JSON: keys sorted, no blanks, UTF-8, no floats anywhere. A line's digest is over its proof; a
document's over its own, where each line stands as its digest, and with the digest of the document before
it in the series. `verify_proof.py`, which needs nothing of ours, computes all of it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import orjson

FORMAT: Final = "hearthline-invoice-proof/1"


def canonical(value: object) -> bytes:
    """The one way to write ``value`` down.

    Raises:
        TypeError: there is something in it that JSON does not know.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(value: object) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return sha256(canonical(value)).hexdigest()


def line_proof(
    *,
    position: int,
    description: str,
    formula: str,
    net_minor: int,
    tax_minor: int,
    trace: Mapping[str, Any],
) -> dict[str, Any]:
    """A line and all it was computed from: what its digest is over."""
    return {
        "position": position,
        "description": description,
        "formula": formula,
        "net_minor": net_minor,
        "tax_minor": tax_minor,
        "trace": trace,
    }


def document_digest(header: Mapping[str, Any], line_digests: Sequence[str]) -> str:
    """The digest of a document whose proof is ``header`` with its lines, in the order of the document."""
    return digest({**header, "format": FORMAT, "lines": list(line_digests)})
