"""A claim on a home, with its tries counted: the code on the bill, or the numbers on card and meter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import Membership, User
from accounts.operations.claims import claim_by_code, claim_by_meter
from accounts.queries.claims import contract_by_code
from config.api.throttle import Rate, take
from metering.queries.claims import home_of_meter

# A family's typos fit in; guessing does not.
OF_A_PERSON: Final = Rate(name="claims", burst=10, window_s=3600)
# Whoever asks: the numbers of one home are not tried by many accounts either.
OF_A_NUMBER: Final = Rate(name="claims-of-a-number", burst=20, window_s=86400)


class TooManyClaimsError(RuntimeError):
    """Somebody is guessing, or very unlucky; ``wait_s`` seconds until the next try counts."""

    def __init__(self, wait_s: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"too many claims, wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a person brings: ``code``, or the other two."""

    code: str = ""
    customer_number: str = ""
    meter_serial: str = ""


def claim_home(claim: Claim, *, user: User, at: datetime) -> Membership:
    """The membership that ``claim`` opens; the one the person has already, if it is theirs.

    Raises:
        ClaimRefusedError: it opens none.
        TooManyClaimsError: too many tries.
        redis.RedisError: tries cannot be counted, and uncounted ones are not let through.
    """
    _count(OF_A_PERSON, str(user.pk))
    if claim.code:
        return claim_by_code(user=user, contract=contract_by_code(claim.code, at=at), at=at)
    _count(OF_A_NUMBER, claim.customer_number.casefold())
    household = home_of_meter(customer_number=claim.customer_number, serial=claim.meter_serial, at=at)
    return claim_by_meter(user=user, household=household, at=at)


def _count(rate: Rate, bucket: str) -> None:
    verdict = take(rate=rate, bucket=bucket)
    if not verdict.allowed:
        raise TooManyClaimsError(verdict.retry_after_s)
