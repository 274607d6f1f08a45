"""The SDK's requests, answered by the fake in this process: all of its strictness and none of the sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import stripe

from billing.fakestripe.api import ApiRequest, answer
from billing.fakestripe.server import REFUSED, FakeStripe


class InProcess(stripe.HTTPClient):
    """What `requests` would be, without the network; the fake's ordered faults still apply."""

    name = "in-process"

    def __init__(self, fake: FakeStripe) -> None:
        """Answer from ``fake``, which need not serve."""
        super().__init__()
        self.fake = fake
        self.asked = 0
        # Called on the way there and on the way back, where a worker is to die.
        self.on_way: Callable[[], None] | None = None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,  # noqa: ANN401 - the SDK's signature
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One request and its answer.

        Raises:
            stripe.APIConnectionError: the answer is ordered to get lost after the deed.
        """
        parts = urlsplit(url)
        verb = method.upper()
        form = (post_data or "") if verb == "POST" else parts.query
        self.asked += 1
        self._pass()
        with self.fake.book.lock:
            fate = self.fake.faults.next_answer() if verb == "POST" else "fine"
            if fate in REFUSED:
                given = REFUSED[fate]
            else:
                request = ApiRequest(method=verb, path=parts.path, form=form, headers=dict(headers or {}))
                given = answer(self.fake.book, request, secret_key=self.fake.secret_key)
        self._pass()
        if fate == "lost":
            raise stripe.APIConnectionError("The answer got lost on its way.")  # type: ignore[no-untyped-call]  # the SDK's
        return orjson.dumps(given.body).decode(), given.status, ANSWERED

    def _sleep_time_seconds(self, num_retries: int, response: object = None) -> float:  # noqa: ARG002 - the SDK's
        # The SDK asks again as it would in life, and nobody waits for it.
        return 0.0

    def _pass(self) -> None:
        if self.on_way is not None:
            self.on_way()

    def close(self) -> None:
        """Nothing is kept open."""


ANSWERED: Final = {"Request-Id": "req_in_process", "Stripe-Should-Retry": "false"}
