"""The memory behind Idempotency-Key: claim a name, keep its answer, or let it go.

A claim is committed before the work begins and carries a lease. Its holder keeps the answer in the work's
own transaction, and only while the lease is still its own: a crash leaves either both or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from config.api.models import KeyedRequest

# Longer than any request lives; a crashed one blocks its name for this long.
LEASE: Final = timedelta(seconds=60)
KEPT: Final = timedelta(days=30)
# Between a refused claim and the look at who has it, the row may be let go.
TRIES: Final = 5
PURGED_AT_ONCE: Final = 5_000

CLAIM: Final = """
INSERT INTO api_keyedrequest AS known
    (user_id, key, fingerprint, lease, leased_until, kept_until, status, body, headers)
VALUES (%(user)s, %(key)s, %(fingerprint)s, %(lease)s, %(leased_until)s, %(kept_until)s, NULL, NULL, '{}')
ON CONFLICT (user_id, key) DO UPDATE SET
    fingerprint = EXCLUDED.fingerprint, lease = EXCLUDED.lease, leased_until = EXCLUDED.leased_until,
    kept_until = EXCLUDED.kept_until, status = NULL, body = NULL, headers = '{}'
WHERE known.kept_until <= %(at)s
    OR (known.status IS NULL AND known.leased_until <= %(at)s AND known.fingerprint = EXCLUDED.fingerprint)
RETURNING id
"""


class AnotherRequestError(ValueError):
    """The key names another request of the same person."""


class UnderWayError(RuntimeError):
    """The same request is being worked on; ``wait_s`` seconds until its lease lapses."""

    def __init__(self, wait_s: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"the same request is under way, for {wait_s:.0f} s at most")
        self.wait_s = wait_s


class LeaseLostError(RuntimeError):
    """The work took so long that somebody else has begun it anew; this one must come to nothing."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The right to do the work and to keep its answer."""

    pk: int
    lease: UUID


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered; without a body where it held a secret or nothing."""

    status: int
    body: Any
    headers: dict[str, str]


def claim(*, user_id: int, key: str, fingerprint: str, at: datetime) -> Claimed | KeptAnswer:
    """The right to do the work that ``key`` names, or the answer if it is done.

    Raises:
        AnotherRequestError: the key names a request with another fingerprint.
        UnderWayError: somebody holds the right.
    """
    for _try in range(TRIES):
        claimed = _claim(user_id, key, fingerprint, at)
        if claimed is not None:
            return claimed
        known = KeyedRequest.objects.filter(user_id=user_id, key=key).first()
        if known is None:
            continue
        if known.fingerprint != fingerprint:
            raise AnotherRequestError(f"The key '{key}' names another request.")
        if known.status is None:
            raise UnderWayError(max((known.leased_until - at).total_seconds(), 1))
        return KeptAnswer(known.status, known.body, known.headers)
    raise UnderWayError(1)


def _claim(user_id: int, key: str, fingerprint: str, at: datetime) -> Claimed | None:
    lease = uuid4()
    values: dict[str, int | str | datetime | UUID] = {
        "user": user_id,
        "key": key,
        "fingerprint": fingerprint,
        "lease": lease,
        "leased_until": at + LEASE,
        "kept_until": at + KEPT,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
    return Claimed(row[0], lease) if row else None


def keep(claimed: Claimed, answer: KeptAnswer) -> None:
    """Remember the answer; call it in the transaction of the work.

    Raises:
        LeaseLostError: the lease has lapsed and the work was begun anew.
    """
    mine = KeyedRequest.objects.filter(pk=claimed.pk, lease=claimed.lease, status=None)
    if not mine.update(status=answer.status, body=answer.body, headers=answer.headers):
        raise LeaseLostError("The work was begun anew by somebody else.")


def let_go(claimed: Claimed) -> None:
    """Free the name: the work came to nothing."""
    KeyedRequest.objects.filter(pk=claimed.pk, lease=claimed.lease, status=None).delete()


def purge(*, at: datetime) -> int:
    """Forget what need not be remembered any longer, in bounded steps; how many."""
    forgotten = 0
    while True:
        old = KeyedRequest.objects.filter(kept_until__lte=at).order_by("kept_until")
        count, _by_model = KeyedRequest.objects.filter(
            pk__in=list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE])
        ).delete()
        forgotten += count
        if count < PURGED_AT_ONCE:
            return forgotten
