"""No test key meets money, no live key meets a stand-in. Imports nothing heavy: every process checks it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
LIVE_KEYS: Final = ("sk_live_", "rk_live_")


class UnsafeProviderError(ValueError):
    """The payment settings contradict each other dangerously."""


def refuse_unsafe(*, secret_key: str, api_base: str) -> None:
    """Refuse a stand-in outside this machine, and a live key at any stand-in.

    Raises:
        UnsafeProviderError: which of the two it is.
    """
    if not api_base:
        return
    if urlsplit(api_base).hostname not in LOOPBACK:
        raise UnsafeProviderError(
            f"STRIPE_API_BASE is {api_base}; only a stand-in on loopback may replace Stripe itself."
        )
    if secret_key.startswith(LIVE_KEYS):
        raise UnsafeProviderError(
            "STRIPE_SECRET_KEY is a live key; it must never reach a stand-in for Stripe."
        )
