"""`manage.py mqtt_acl`: writes the configuration and the access list of a mosquitto broker."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metering.mosquitto import ACL, CONTROL, INGEST, Broker, QueueTooSmallError


class Command(BaseCommand):
    """Writes `mosquitto.conf` and `acl` into a folder; says which certificates belong beside them."""

    help = "Write a mosquitto broker's configuration: mutual TLS, a static access list, a queue that keeps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and the utility's choices."""
        parser.add_argument("directory", type=Path, help="the folder the broker reads, e.g. /etc/mosquitto")
        parser.add_argument("--port", type=int, default=8883, help="the broker's port (8883)")
        parser.add_argument("--bind", default="", help="the address to listen on (all)")
        parser.add_argument("--queue", type=int, default=5_000_000, help="messages kept while ingest is away")
        parser.add_argument("--force", action="store_true", help="overwrite what stands there")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Write both files, or neither.

        Raises:
            CommandError: the queue is too small, or a file stands there already.
        """
        directory: Path = options["directory"].absolute()
        try:
            broker = Broker(
                directory=directory, port=options["port"], bind=options["bind"], queue=options["queue"]
            )
        except QueueTooSmallError as error:
            raise CommandError(str(error)) from error
        files = {directory / "mosquitto.conf": broker.configuration(), directory / "acl": ACL}
        taken = [str(path) for path in files if path.exists()]
        if taken and not options["force"]:
            raise CommandError(f"{' and '.join(taken)} exist already; --force overwrites them.")
        (directory / "data").mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"wrote {path}")
        self.stdout.write(
            "Beside them belong ca.crt, server.crt and server.key. The common name of a certificate is the "
            f"identity of a device; ours are {INGEST} and {CONTROL}. `data` must belong to the broker's user."
        )
