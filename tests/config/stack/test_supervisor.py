"""The supervisor with real, small programs."""

import os
import signal
import sys
import time
from collections.abc import Callable
from graphlib import CycleError
from io import StringIO
from pathlib import Path

import pytest

from config.stack.component import Component
from config.stack.console import Console
from config.stack.state import birth
from config.stack.supervisor import StepFailedError, Supervisor, UnknownComponentError

STUBBORN = ("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done")


def stop_now() -> None:
    """As Ctrl-C would."""
    os.kill(os.getpid(), signal.SIGINT)


def supervise(directory: Path, *components: Component, on_ready: Callable[[], None] = stop_now) -> list[str]:
    """What the console showed: `name | text`, without the times."""
    out = StringIO()
    console = Console(directory, width=1, out=out)
    try:
        Supervisor(
            components, directory=directory, env=dict(os.environ), console=console, on_ready=on_ready
        ).run()
    finally:
        console.close()
    return [line.split(" ", 1)[1].replace(" | ", ": ") for line in out.getvalue().splitlines()]


def a_service(name: str, *command: str, after: tuple[str, ...] = (), ready_line: str = "up") -> Component:
    return Component(
        name=name, command=command or ("sh", "-c", "echo up; sleep 60"), after=after, ready_line=ready_line
    )


def a_step(name: str, script: str, *, after: tuple[str, ...] = ()) -> Component:
    return Component(name=name, command=("sh", "-c", script), after=after, once=True)


def test_components_start_after_what_they_need_and_stop_before_it(tmp_path: Path) -> None:
    lines = supervise(
        tmp_path,
        a_service("web", after=("migrate", "database")),
        a_step("migrate", "true", after=("database",)),
        a_service("database"),
    )
    events = [line for line in lines if line.split(": ")[1].split(" ")[0] in {"starting", "stopped"}]
    assert events == [
        "database: starting",
        "migrate: starting",
        "web: starting",
        "web: stopped",
        "database: stopped",
    ]


def test_a_step_that_fails_stops_everything_and_says_which(tmp_path: Path) -> None:
    with pytest.raises(StepFailedError, match=r"^migrate failed \(exit status 3\); the log says why\.$"):
        supervise(
            tmp_path,
            a_service("database"),
            a_step("migrate", "echo no such table >&2; exit 3", after=("database",)),
            a_service("web", after=("migrate",)),
        )
    log = (tmp_path / "log" / "hearthline.log").read_text(encoding="utf-8")
    assert "migrate | no such table\n" in log
    assert "database | stopped\n" in log
    assert "web " not in log


def test_a_component_that_dies_is_started_again_after_a_pause(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    service = a_service(
        "web", "sh", "-c", f"echo run >> {runs}; [ $(wc -l < {runs}) = 3 ] || exit 7; echo up; sleep 60"
    )
    lines = supervise(tmp_path, service)
    assert lines[:5] == [
        "web: starting",
        "web: died (exit status 7), starting it again in 0.5 s",
        "web: starting",
        "web: died (exit status 7), starting it again in 1 s",
        "web: starting",
    ]


def test_what_a_component_leaves_behind_when_it_dies_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "grandchild"
    script = f"sleep 60 & echo $! > {pid_file}; echo up; sleep 0.3; kill -9 $$"
    supervise(tmp_path, a_service("worker", "sh", "-c", script))
    left_behind = int(pid_file.read_text(encoding="utf-8"))
    deadline = time.monotonic() + 5
    # The kernel may take a moment over a SIGKILL on a busy machine.
    while birth(left_behind) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert birth(left_behind) == ""


def test_a_component_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    service = Component(name="stubborn", command=STUBBORN, ready_line="up", stop_seconds=0.3)
    started_at = time.monotonic()
    lines = supervise(tmp_path, service)
    assert lines[-2:] == ["stubborn: does not end, killing it", "stubborn: stopped"]
    assert time.monotonic() - started_at < 5


def test_a_stop_during_the_pause_before_a_restart_ends_at_once(tmp_path: Path) -> None:
    service = Component(name="web", command=("sh", "-c", "echo up; sleep 0.1; kill -9 $$"), ready_line="up")

    def stop_a_little_later() -> None:
        signal.signal(signal.SIGALRM, lambda *_: stop_now())
        signal.setitimer(signal.ITIMER_REAL, 0.4)

    started_at = time.monotonic()
    lines = supervise(tmp_path, service, on_ready=stop_a_little_later)
    assert lines[-1] == "web: died (signal SIGKILL), starting it again in 0.5 s"
    assert time.monotonic() - started_at < 5


def test_a_program_that_does_not_exist_stops_everything_loudly(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        supervise(tmp_path, a_service("database"), a_service("web", "/no/such/program"))
    assert "database | stopped\n" in (tmp_path / "log" / "hearthline.log").read_text(encoding="utf-8")


def test_a_line_of_a_megabyte_does_not_stop_the_log(tmp_path: Path) -> None:
    script = "print('x' * 3_000_000); print('up', flush=True); import time; time.sleep(60)"
    lines = supervise(tmp_path, a_service("web", sys.executable, "-c", script))
    assert "web: up" in lines


def test_a_component_that_waits_for_nobody_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownComponentError, match=r"^web waits for database: no such component\.$"):
        supervise(tmp_path, a_service("web", after=("database",)))


def test_components_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CycleError):
        supervise(tmp_path, a_service("egg", after=("hen",)), a_service("hen", after=("egg",)))
