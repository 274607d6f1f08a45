"""Saying that something happened: the event is kept for `events.list` and queued for every endpoint."""

from __future__ import annotations

from typing import Final

import stripe

from billing.fakestripe import shapes
from billing.fakestripe.book import Book, Json, copied

API_VERSION: Final = stripe.api_version


def emit(book: Book, kind: str, thing: Json) -> Json:
    """Keep an event of ``kind`` about ``thing`` as it is now, and queue it for the endpoints that want it."""
    # A copy: what happens to the object later must not show in what was said earlier.
    event = book.add(shapes.event(book, kind=kind, thing=copied(thing), api_version=API_VERSION))
    for endpoint in book.newest_first("webhook_endpoint"):
        wanted = endpoint["enabled_events"]
        if endpoint["status"] == "enabled" and ("*" in wanted or kind in wanted):
            event["pending_webhooks"] += 1
            book.outbox.append({"event": event["id"], "endpoint": endpoint["id"], "tries": 0, "due": 0.0})
    return event
