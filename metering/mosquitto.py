"""What a mosquitto broker needs for our devices: mutual TLS, one static access list, a queue that keeps.

Pure text, from the figures of mosquitto.conf(5). Nothing is added per device: the name in the certificate is
the device's name in the topic.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from metering.topics import ALL_UP, DOWN, PREFIX, UP

# The names in the certificates of our own processes.
INGEST: Final = "hearthline-ingest"
CONTROL: Final = "hearthline-control"

ACL: Final = f"""\
# Written by `manage.py mqtt_acl`. It names no device and never has to change.

# The ingest processes hear everything that devices say.
user {INGEST}
topic read {ALL_UP}
# Under the same name the worker asks again for readings that never came.
topic write {PREFIX}/+/{DOWN}/+/backfill

# The control process hears answers and sets targets.
user {CONTROL}
topic read {PREFIX}/+/{UP}/+/ack
topic write {PREFIX}/+/{DOWN}/+/target

# A device speaks and listens under its own name only.
pattern write {PREFIX}/+/{UP}/%u/#
pattern read {PREFIX}/+/{DOWN}/%u/#
"""


class QueueTooSmallError(ValueError):
    """The queue must be an explicit, useful number; mosquitto's own default silently drops after 1,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The choices a utility makes.

    ``queue`` is how many messages wait, in memory and on disk, for an ingest that is away: a day of 5-minute
    readings of 10,000 meters is 2,880,000.
    """

    directory: PurePath
    port: int = 8883
    bind: str = ""
    queue: int = 5_000_000
    session_days: int = 14

    def __post_init__(self) -> None:
        """Refuse a queue that would drop in a short outage.

        Raises:
            QueueTooSmallError: it is under 10,000.
        """
        if self.queue < 10_000:  # noqa: PLR2004 - the bound is explained by its error
            raise QueueTooSmallError(
                f"A queue of {self.queue} messages drops readings in a short outage; take 10,000 or more."
            )

    def configuration(self) -> str:
        """The text of mosquitto.conf."""
        return f"""\
# Written by `manage.py mqtt_acl`. Certificates are yours to put beside it.

listener {self.port}{f" {self.bind}" if self.bind else ""}
cafile {self.directory / "ca.crt"}
certfile {self.directory / "server.crt"}
keyfile {self.directory / "server.key"}
# The certificate is the sign-in: its common name is the user name of the access list.
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {self.directory / "acl"}

# The default of 1,000 drops without a word; 0 means "no limit" in some releases and "nothing" in 2.0.16.
max_queued_messages {self.queue}
max_inflight_messages 4000
persistent_client_expiration {self.session_days}d
message_size_limit 1048576

{persistence(self.directory / "data")}"""


def persistence(directory: PurePath) -> str:
    """The part of a configuration that keeps on disk what waits, in ``directory``."""
    return f"""\
# What waits is on disk after every thousand changes, so kill -9 of the broker can lose the last of them.
persistence true
persistence_location {directory}/
autosave_on_changes true
autosave_interval 1000
"""
