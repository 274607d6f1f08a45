"""The whole service as anybody would start it, a fake Stripe beside it, and a small world inside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from billing.fakestripe.keys import DEMO_KEY, DEMO_WEBHOOK_SECRET
from config.stack.ports import HOST, free_port
from config.stack.state import addresses

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0
# What the tests' own servers would be taken for, were they left in the environment.
NOT_INHERITED = {"DATABASE_URL", "DATABASE_ENGINE", "VALKEY_URL", "MQTT_URL"}


@dataclass(frozen=True, slots=True)
class Running:
    """A running service: where it answers, and what its processes were told."""

    web: str
    mqtt_url: str
    directory: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """A Python command against the service, in a process of its own; its output."""
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        """What the service has said so far."""
        return (self.directory / "log" / "hearthline.log").read_text(encoding="utf-8")


@contextmanager
def running(directory: Path) -> Iterator[Running]:
    """`manage.py up` and `manage.py fakestripe` in ``directory``, both stopped at the end."""
    web, live, stripe = free_port(), free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    environment |= {
        "HEARTHLINE_STATE": str(directory),
        "STRIPE_API_BASE": f"http://{HOST}:{stripe}",
        "STRIPE_SECRET_KEY": DEMO_KEY,
        "STRIPE_WEBHOOK_SECRETS": DEMO_WEBHOOK_SECRET,
        "WEATHER_PROVIDER": "climate",
        "CONTROL_TICK_SECONDS": "5",
        "RATE_LIMIT_FACTOR": "1000",
    }
    webhook = f"http://{HOST}:{web}/api/v1/payments/stripe/webhook"
    stack = ("up", f"--port={web}", f"--live-port={live}")
    fake = ("fakestripe", f"--port={stripe}", f"--webhook={webhook}")
    with _process(stack, environment, directory), _process(fake, environment, directory):
        until(lambda: answers(f"http://{HOST}:{web}/readyz"), "the web answers")
        until(lambda: answers(f"http://{HOST}:{live}/healthz"), "the websockets answer")
        known = addresses(directory)
        yield Running(f"http://{HOST}:{web}", known["MQTT_URL"], directory, environment)


@contextmanager
def _process(arguments: tuple[str, ...], environment: dict[str, str], directory: Path) -> Iterator[None]:
    with (directory / f"{arguments[0]}.out").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE_S)


def answers(address: str) -> bool:
    """Whether ``address`` answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310 - our own loopback
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def until(holds: Callable[[], bool], what: str, *, patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds; fails with what did not."""
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen in {patience_s:g} s that {what}."
        time.sleep(0.05)


def seed(service: Running) -> dict[str, int]:
    """Put the small world on the map; the keys of its homes by name."""
    keys: dict[str, int] = json.loads(
        service.run("manage.py", "shell", "-v0", "-c", "from tests.e2e.world import main; main()")
    )
    return keys
