"""The live process: websockets only, apart from the web so that neither can starve the other."""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
get_asgi_application()  # sets Django up, before any model is imported below

from channels.auth import AuthMiddlewareStack  # noqa: E402 - needs Django set up

from metering.consumers import LiveConsumer  # noqa: E402 - as above

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Thousands of idle sockets make a large heap that hardly changes: walking it often costs two thirds
# of the throughput (measured: 8,000 against 3,700 deliveries a second).
GC_THRESHOLD: Final = (100_000, 50, 100)


async def lifespan(_scope: Message, receive: Receive, send: Send) -> None:
    """At the start: what is loaded now stays for ever, so the garbage collector may leave it alone."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GC_THRESHOLD)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def http(scope: Message, _receive: Receive, send: Send) -> None:
    """`/healthz` and `/metrics` of this process, nothing else."""
    pages = {"/healthz": ("application/json", b'{"status": "ok"}')}
    if scope["path"] == "/metrics":
        pages["/metrics"] = (CONTENT_TYPE_LATEST, generate_latest())
    kind, body = pages.get(scope["path"], ("text/plain", b"Websockets only: /ws/v1/live\n"))
    status = 200 if scope["path"] in pages else 404
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = ProtocolTypeRouter(
    {
        "lifespan": lifespan,
        "http": http,
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/v1/live", LiveConsumer.as_asgi())])),
    }
)
