"""`Idempotency-Key`: the first answer is kept and given again; other parameters under the key are refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from billing.fakestripe.book import Book, Json
from billing.fakestripe.refusals import StripeRefusalError


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: Json
    replayed: bool = False


def recall(book: Book, key: str, *, request: Json) -> Answer | None:
    """The answer this key got before, if it did.

    Raises:
        StripeRefusalError: the key was first used for another request.
    """
    kept = book.answers.get(key)
    if kept is None:
        return None
    if kept["request"] != _digest(request):
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise StripeRefusalError(message, kind="idempotency_error", kept=False)
    return Answer(status=kept["status"], body=kept["body"], replayed=True)


def remember(book: Book, key: str, *, request: Json, answer: Answer) -> None:
    """Keep the answer for the key."""
    book.answers[key] = {"request": _digest(request), "status": answer.status, "body": answer.body}


def _digest(request: Json) -> str:
    # The body may hold anything; comparing needs no copy of it in the state file.
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
