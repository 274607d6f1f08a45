"""Delivers events as signed webhooks: at least once, in no promised order, again and again until a 2xx."""

from __future__ import annotations

import http.client
import json
import logging
import threading
import time
from typing import Final
from urllib.parse import urlsplit

import stripe

from billing.fakestripe.book import Book, Json
from billing.fakestripe.faults import Faults

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S: Final = 10
FIRST_RETRY_AFTER_S: Final = 0.5
LONGEST_WAIT_S: Final = 60.0
GIVES_UP_AFTER_S: Final = 3 * 24 * 3600
LOOKS_EVERY_S: Final = 0.05


class Postman:
    """One thread that empties the book's outbox."""

    def __init__(self, book: Book, faults: Faults) -> None:
        """Know the book and the faults ordered; :meth:`start` begins to deliver."""
        self.book = book
        self.faults = faults
        self.delivered: list[Json] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fakestripe-postman", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the delivery at hand and end."""
        self._stop.set()
        self._thread.join(timeout=ANSWER_WITHIN_S + 1)

    def _run(self) -> None:
        while not self._stop.wait(LOOKS_EVERY_S):
            while not self._stop.is_set() and (parcel := self._next_due()) is not None:
                self._deliver(parcel)

    def _next_due(self) -> Json | None:
        """Take the next parcel out of the outbox, or none while nothing is due."""
        with self.book.lock:
            if self.faults.hold_webhooks:
                return None
            due = [parcel for parcel in self.book.outbox if parcel["due"] <= time.time()]
            if not due:
                return None
            # Out of the outbox in memory alone: killed now, the state file still holds it.
            parcel = due[0]
            self.book.outbox.remove(parcel)
            return self._with_fate(parcel)

    def _with_fate(self, parcel: Json) -> Json | None:
        """Apply what tests ordered for the first try of a delivery."""
        order, delay_s = self.faults.next_delivery() if parcel["tries"] == 0 else ("fine", 0.0)
        if order == "drop":
            self.book.objects[parcel["event"]]["pending_webhooks"] -= 1
            return None
        if order == "delay":
            self.book.outbox.append({**parcel, "tries": 1, "due": time.time() + delay_s})
            return None
        # A second or late copy counts as tried, so that no later order falls on it again.
        if order == "duplicate":
            self.book.outbox.insert(0, {**parcel, "tries": 1})
        return parcel

    def _deliver(self, parcel: Json) -> None:
        with self.book.lock:
            # Either may be gone by now: endpoints can be deleted.
            event, endpoint = (self.book.objects.get(parcel[key]) for key in ("event", "endpoint"))
            if event is None or endpoint is None:
                return
            body = json.dumps(event, ensure_ascii=False)
            secret = self.book.hidden[endpoint["id"]]["secret"]
        status = _post(endpoint["url"], body, secret=secret)
        with self.book.lock:
            self.delivered.append({"event": event["id"], "type": event["type"], "status": status})
            if http.client.OK <= status < http.client.MULTIPLE_CHOICES:
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
            else:
                self._retry_later(parcel, event)
            self.book.save()

    def _retry_later(self, parcel: Json, event: Json) -> None:
        if self.book.now() - event["created"] > GIVES_UP_AFTER_S:
            logger.warning("gave up delivering %s (%s)", event["id"], event["type"])
            return
        wait_s = min(FIRST_RETRY_AFTER_S * 2 ** parcel["tries"], LONGEST_WAIT_S)
        self.book.outbox.append({**parcel, "tries": parcel["tries"] + 1, "due": time.time() + wait_s})


def _post(url: str, body: str, *, secret: str) -> int:
    """Send one webhook; the status it got, or 0 where nobody answered."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (fake on loopback)",
        "Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body, secret),
    }
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("POST", parts.path or "/", body=body.encode(), headers=headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        logger.info("no answer from %s: %s", url, error)
        return 0
    else:
        return response.status
    finally:
        connection.close()
