"""Free ports on loopback, the same one again where it can be had."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

HOST: Final = "127.0.0.1"


class PortTakenError(RuntimeError):
    """A port that was asked for is somebody else's."""


def free_port(last_address: str = "") -> int:
    """The port of ``last_address`` if nobody holds it now, else one the system picks."""
    port = urlsplit(last_address).port
    if port is not None and is_free(port):
        return port
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of this machine's loopback."""
    with socket.socket() as listener:
        # As servers do: a connection that lingers after its server has gone does not hold the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def claim(port: int, *, what: str, option: str) -> None:
    """Make sure that ``port`` can be had.

    Raises:
        PortTakenError: it cannot; names the option that picks another.
    """
    if not is_free(port):
        raise PortTakenError(
            f"Port {port} for {what} is taken by another program. Stop it, or pick another with {option}."
        )
