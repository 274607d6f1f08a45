"""The stack of Hearthline itself: which components there are and how they hang together.

`manage.py up` serves it as it is; the demo serves it with components of its own beside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config.stack import servers, state
from config.stack.component import Component
from config.stack.console import Console
from config.stack.ports import HOST, claim
from config.stack.supervisor import Supervisor

PROJECT_DIR: Final = Path(__file__).resolve().parents[2]
UVICORN: Final = (
    sys.executable,
    "-m",
    "uvicorn",
    "--host",
    HOST,
    "--loop",
    "uvloop",
    "--no-access-log",
    "--log-level",
    "warning",
)
CELERY: Final = (sys.executable, "-m", "celery", "-A", "config.celery")
MAKERS: Final[dict[str, Callable[..., servers.Server]]] = {
    "DATABASE_URL": servers.postgres,
    "VALKEY_URL": servers.valkey,
    "MQTT_URL": servers.broker,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where people and their phones reach us."""

    web: int = 8000
    live: int = 8001


def manage(*arguments: str) -> tuple[str, ...]:
    """The command line of a management command, for a `Component`."""
    return (sys.executable, str(PROJECT_DIR / "manage.py"), *arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a stack has beyond `up`.

    ``components`` are supervised with the rest and may come after any of them; ``addresses`` are settings
    for every process and for ``addresses.json``; ``prepare`` is what migrates the database, and perhaps more.
    """

    components: Sequence[Component] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[str, ...] = manage("migrate", "--no-input")


def serve(
    *,
    directory: Path,
    ports: Ports,
    extras: Extras | None = None,
    quiet: bool = False,
    on_ready: Callable[[Mapping[str, str]], None] = lambda _addresses: None,
) -> None:
    """Run the whole stack in ``directory`` until SIGINT or SIGTERM.

    What the environment names already (``DATABASE_URL`` ...) is not started. ``quiet`` keeps the
    components' own output to the log. ``on_ready`` is called with all addresses when everything is ready
    for the first time.

    Raises:
        AlreadyRunningError: a stack runs in ``directory`` already.
        PortTakenError: another program holds a port of ``ports``.
        ServerUnavailableError: a server can neither be started nor was named.
        StepFailedError: a step failed; all has been stopped.
    """
    with state.exclusive(directory):
        leftovers = state.stop_leftovers(directory)
        claim(ports.web, what="the web", option="--port")
        claim(ports.live, what="the websockets", option="--live-port")
        started = _servers(directory)
        extras = extras or Extras()
        addresses = _addresses(ports, started, extras.addresses)
        state.write_addresses(directory, addresses)
        state.announce(directory, f"web at {addresses['PUBLIC_URL']}")
        components = [s.component for s in started]
        names = [component.name for component in components]
        components += processes(directory, ports=ports, servers=names, prepare=extras.prepare)
        components += extras.components
        with closing(Console(directory, width=max(len(c.name) for c in components), quiet=quiet)) as console:
            for name in leftovers:
                console.state(name, "was left running by a supervisor that was killed; stopped it")
            Supervisor(
                components,
                directory=directory,
                env=_environment(directory, addresses, started=started),
                console=console,
                on_ready=lambda: on_ready(addresses),
            ).run()


def processes(
    directory: Path, *, ports: Ports, servers: Sequence[str], prepare: tuple[str, ...]
) -> list[Component]:
    """Our own processes: all wait for the migration, which waits for the servers that are started here.

    What people and devices meet first starts first; the rest would only take the processors from it.
    """
    after = ("migrate", *servers)
    later = (*after, "web", "live", "ingest")
    return [
        Component(name="migrate", command=prepare, after=tuple(servers), once=True),
        web(ports.web, after=after),
        live(ports.live, after=after),
        # Once it is connected its session is with the broker: nothing published from then on is missed.
        Component(name="ingest", command=manage("ingest"), after=after, ready_line="connected to the broker"),
        worker(after=later),
        beat(directory, after=later),
        Component(name="control", command=manage("control"), after=later, ready_line="control: every"),
    ]


def web(port: int, *, after: tuple[str, ...] = ()) -> Component:
    """HTTP: pages, API, admin."""
    options = ("--port", str(port), "--lifespan", "off")
    address = f"http://{HOST}:{port}/readyz"
    return Component(
        name="web", command=(*UVICORN, *options, "config.asgi:application"), after=after, address=address
    )


def live(port: int, *, after: tuple[str, ...] = ()) -> Component:
    """Websockets. Compression would triple the memory of a socket; a client's frame is never large."""
    websockets = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", "65536")
    options = ("--port", str(port), "--lifespan", "on", *websockets)
    address = f"http://{HOST}:{port}/healthz"
    return Component(
        name="live", command=(*UVICORN, *options, "config.live:application"), after=after, address=address
    )


def worker(*, after: tuple[str, ...] = ()) -> Component:
    """Celery's worker. Other workers to gossip with there are none; asking for them costs a second."""
    options = ("--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle")
    return Component(
        name="worker",
        command=(*CELERY, "worker", *options),
        after=after,
        ready_line=" ready.",
        stop_seconds=20,
    )


def beat(directory: Path, *, after: tuple[str, ...] = ()) -> Component:
    """Celery's clock; it remembers in ``directory`` what it has sent."""
    options = ("--loglevel=INFO", "--pidfile=", f"--schedule={directory / 'beat-schedule'}")
    return Component(
        name="beat", command=(*CELERY, "beat", *options), after=after, ready_line="beat: Starting"
    )


def _servers(directory: Path) -> list[servers.Server]:
    known = state.addresses(directory)
    return [make(directory, known=known) for name, make in MAKERS.items() if not os.environ.get(name)]


def _addresses(ports: Ports, started: Sequence[servers.Server], extra: Mapping[str, str]) -> dict[str, str]:
    """Every address there is; what the environment says stands above what we made up."""
    own = {
        "PUBLIC_URL": f"http://{HOST}:{ports.web}",
        "LIVE_URL": f"ws://{HOST}:{ports.live}/ws/v1/live",
        **extra,
    }
    given = {name: os.environ[name] for name in (*MAKERS, *own) if name in os.environ}
    # A server is started only where the environment names none, or an empty one.
    return own | given | {name: value for server in started for name, value in server.addresses.items()}


def _environment(
    directory: Path, addresses: Mapping[str, str], *, started: Sequence[servers.Server]
) -> dict[str, str]:
    env = {**os.environ, **addresses, "HEARTHLINE_STATE": str(directory), "PYTHONUNBUFFERED": "1"}
    env.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    if any(server.component.name == "postgres" for server in started):
        # We know what we started: no process has to ask the server for TimescaleDB.
        env.setdefault("DATABASE_ENGINE", "plain")
    return env
