"""Rate limits: an atomic GCRA in Valkey, buckets by who asks and what for, visible in every answer.

GCRA (generic cell rate algorithm): a bucket stores only the instant at which it would be full again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    # rest_framework.views itself loads this class by the settings.
    from rest_framework.views import APIView

# KEYS: bucket. ARGV: seconds between two requests, burst. Valkey's own clock decides, so all processes agree.
GCRA: Final = """
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local room = burst * interval - (full_at - now)
if room < interval then
  return {0, 0, tostring(interval - room), tostring(full_at - now)}
end
full_at = full_at + interval
redis.call('SET', KEYS[1], full_at, 'PX', math.ceil((full_at - now) * 1000))
return {1, math.floor((room - interval) / interval), '0', tostring(full_at - now)}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """``burst`` requests at once, then one every ``window_s / burst`` seconds."""

    name: str
    burst: int
    window_s: int

    @property
    def interval_s(self) -> float:
        """Seconds after which one more request is allowed."""
        return self.window_s / self.burst

    def times(self, factor: int) -> Rate:
        """The same limit, ``factor`` times as wide."""
        return replace(self, burst=self.burst * factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a bucket answered."""

    rate: Rate
    allowed: bool
    remaining: int
    retry_after_s: float
    reset_s: float

    def headers(self) -> dict[str, str]:
        """The draft-ietf-httpapi-ratelimit-headers pair."""
        policy = f'"{self.rate.name}";q={self.rate.burst};w={self.rate.window_s}'
        state = f'"{self.rate.name}";r={self.remaining};t={math.ceil(self.reset_s)}'
        return {"RateLimit-Policy": policy, "RateLimit": state}


# A phone that opens every screen at once stays far below; a scraper does not.
READ: Final = Rate(name="read", burst=240, window_s=60)
WRITE: Final = Rate(name="write", burst=60, window_s=60)
# A vote counts for six hours; who taps in anger may, but floods no station.
VOTES: Final = Rate(name="votes", burst=20, window_s=600)
# Each key of a person's own programs, so that a program that runs wild does not lock its owner's phone out.
TOKEN: Final = Rate(name="token", burst=120, window_s=60)
# By address: who is not signed in, and what is refused to whoever asks.
STRANGER: Final = Rate(name="stranger", burst=60, window_s=60)
# By address too: a family or a small office behind one address may all sign in, a dictionary may not.
LOGIN: Final = Rate(name="login", burst=60, window_s=300)


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=1)


def take(*, rate: Rate, bucket: str) -> Verdict:
    """Take one request from ``bucket``.

    Raises:
        redis.RedisError: Valkey does not answer.
    """
    answer: Any = _valkey().eval(GCRA, 1, f"rate:{rate.name}:{bucket}", str(rate.interval_s), str(rate.burst))
    allowed, remaining, wait, reset = answer
    return Verdict(
        rate=rate,
        allowed=bool(allowed),
        remaining=int(remaining),
        retry_after_s=float(wait),
        reset_s=float(reset),
    )


class VisibleThrottle(BaseThrottle):
    """REST framework's throttle over GCRA; leaves its verdict on the request for the headers."""

    verdict: Verdict | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether the bucket has room; yes where Valkey is gone, for a limit is not worth an outage."""
        rate, bucket = _bucket(request, view)
        self.verdict = count(request._request, rate=rate, bucket=bucket)  # noqa: SLF001 - shown by the middleware
        return self.verdict is None or self.verdict.allowed

    def wait(self) -> float | None:
        """Seconds until the next request is allowed."""
        return self.verdict.retry_after_s if self.verdict else None


def _bucket(request: Request, view: APIView) -> tuple[Rate, str]:
    """Which limit a request falls under, and whose it is; a view may name its own as ``write_rate``."""
    if not (request.user and request.user.is_authenticated):
        return STRANGER, address(request._request)  # noqa: SLF001 - REST framework wraps it
    by_key: Rate | None = getattr(request.successful_authenticator, "rate", None)
    if by_key is not None:
        return by_key, str(request.auth.pk)
    if request.method in SAFE_METHODS:
        return READ, str(request.user.pk)
    return getattr(view, "write_rate", WRITE), str(request.user.pk)


def address(request: HttpRequest) -> str:
    """Where a request comes from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def count(request: HttpRequest, *, rate: Rate, bucket: str) -> Verdict | None:
    """Take one from ``bucket`` and leave the verdict on ``request``; None where Valkey is gone."""
    try:
        verdict = take(rate=rate.times(settings.RATE_LIMIT_FACTOR), bucket=bucket)
    except redis.RedisError:
        return None
    request.rate_limit = verdict  # type: ignore[attr-defined] # for `add_headers`
    return verdict


def add_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Show the verdict that the throttle left on ``request``."""
    verdict = getattr(request, "rate_limit", None)
    if isinstance(verdict, Verdict):
        for name, value in verdict.headers().items():
            response[name] = value
