"""A weather service on loopback that answers as Open-Meteo does, or as it does on a bad day."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np


@dataclass
class Service:
    """``status`` and ``body`` overrule the proper answer; ``asked`` has every query."""

    url: str = ""
    status: int = 200
    body: str | None = None
    missing_hours: int = 0
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, query: dict[str, list[str]]) -> str:
        """One object for one place, a list for several: 10 degrees at 40 north, one less for every degree."""
        start, end = (np.datetime64(query[name][0], "h") for name in ("start_hour", "end_hour"))
        hours = np.arange(start, end + 1)
        blocks = [self._block(float(latitude), hours) for latitude in query["latitude"][0].split(",")]
        return json.dumps(blocks if len(blocks) > 1 else blocks[0])

    def _block(self, latitude: float, hours: Any) -> dict[str, Any]:  # noqa: ANN401 - a numpy array
        values: list[float | None] = [50 - latitude] * len(hours)
        values[: self.missing_hours] = [None] * self.missing_hours
        times = [str(hour.astype("datetime64[m]")) for hour in hours]
        return {"latitude": latitude, "hourly": {"time": times, "temperature_2m": values}}


@contextmanager
def a_service() -> Iterator[Service]:
    """Serve on a free port of loopback."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            service.asked.append(query)
            body = service.body if service.body is not None else service.answer(query)
            self.send_response(service.status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}/v1/forecast"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
