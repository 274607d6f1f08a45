"""What a stack keeps between starts: its addresses, its lock, and the processes it must not leave behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from config.stack.launch import kill_group

GRACE_SECONDS: Final = 10.0


class AlreadyRunningError(RuntimeError):
    """Another supervisor holds this state directory; the message says which and where it answers."""


@contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Hold the state directory; the kernel lets go of it when we die, however we die.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunningError(f"Hearthline runs already: {lock.read().strip()}.") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, state in {state}")
        lock.flush()
        yield


def announce(state: Path, places: str) -> None:
    """Tell whoever tries to start a second stack where this one answers."""
    (state / "lock").write_text(f"process {os.getpid()}, state in {state}, {places}", encoding="utf-8")


def addresses(state: Path) -> dict[str, str]:
    """The addresses of the last start, by setting; empty before the first."""
    path = state / "addresses.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write_addresses(state: Path, values: Mapping[str, str]) -> None:
    """Keep the addresses for `config.settings.engine` and the next start; they hold passwords."""
    _write_private(state / "addresses.json", json.dumps(values, indent=2) + "\n")


def write_children(state: Path, pids: Mapping[str, int]) -> None:
    """Note which process groups are ours, with their birth, for the next start to look at."""
    known = {name: [pid, birth(pid)] for name, pid in pids.items()}
    _write_private(state / "children.json", json.dumps(known))


def stop_leftovers(state: Path) -> list[str]:
    """Stop what a supervisor that was killed left behind; returns the names of what still lived.

    A process is only ours while its number and its birth both match: numbers are used again.
    """
    path = state / "children.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    alive = {name: pid for name, (pid, born) in known.items() if born and birth(pid) == born}
    for pid in alive.values():
        kill_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(birth(pid) for pid in alive.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in alive.values():
        kill_group(pid, signal.SIGKILL)
    path.unlink(missing_ok=True)
    return list(alive)


def birth(pid: int) -> str:
    """When the kernel started process `pid`, in its own ticks; empty when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _write_private(path: Path, text: str) -> None:
    """Write whole or not at all, readable by us alone."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.chmod(stat.S_IRUSR | stat.S_IWUSR)
    new.replace(path)
