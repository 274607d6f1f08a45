"""How a child process is started so that it can never outlive us."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final, TypedDict

from config.stack.component import Component

PR_SET_PDEATHSIG: Final = 1

# Looked up here: between fork and exec nothing may take a lock that another thread holds.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class PopenOptions(TypedDict):
    """What both `subprocess.Popen` and asyncio's `create_subprocess_exec` understand."""

    env: Mapping[str, str]
    user: str | None
    group: int | None
    extra_groups: list[int] | None
    start_new_session: bool
    preexec_fn: Callable[[], None]


def popen_options(component: Component, env: Mapping[str, str]) -> PopenOptions:
    """Options that give the child its own process group, its user, and our death as its stop signal."""
    account = pwd.getpwnam(component.user) if component.user else None
    return {
        "env": {**env, **component.env},
        "user": component.user or None,
        "group": account.pw_gid if account else None,
        "extra_groups": [] if account else None,
        # Ctrl-C in the terminal reaches the supervisor alone, which then stops all in order.
        "start_new_session": True,
        "preexec_fn": _stop_with_parent(os.getpid(), component.stop_signal),
    }


def _stop_with_parent(parent: int, stop_signal: signal.Signals) -> Callable[[], None]:
    def in_child() -> None:
        if _prctl is not None:
            _prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)

    return in_child


def kill_group(pid: int, number: signal.Signals) -> bool:
    """Send a signal to the process group `pid` leads; False when nothing of it is left."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return False
    return True
