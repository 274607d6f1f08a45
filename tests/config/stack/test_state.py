import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from config.stack import state


def test_the_directory_has_one_holder_who_says_where_it_answers(tmp_path: Path) -> None:
    with state.exclusive(tmp_path):
        state.announce(tmp_path, "web at http://127.0.0.1:8000")
        with pytest.raises(state.AlreadyRunningError) as refused, state.exclusive(tmp_path):
            pass
    expected = f"process {os.getpid()}, state in {tmp_path}, web at http://127.0.0.1:8000"
    assert str(refused.value) == f"Hearthline runs already: {expected}."


def test_the_directory_is_free_again_when_its_holder_has_left(tmp_path: Path) -> None:
    with state.exclusive(tmp_path):
        pass
    with state.exclusive(tmp_path):
        assert (tmp_path / "lock").read_text(encoding="utf-8").startswith(f"process {os.getpid()},")


def test_addresses_hold_passwords_and_are_ours_alone(tmp_path: Path) -> None:
    assert state.addresses(tmp_path) == {}
    state.write_addresses(tmp_path, {"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x"})
    assert state.addresses(tmp_path) == {"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x"}
    assert stat.S_IMODE((tmp_path / "addresses.json").stat().st_mode) == 0o600


def test_what_a_killed_supervisor_left_behind_is_stopped(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as orphan:
        state.write_children(tmp_path, {"web": orphan.pid})
        assert state.stop_leftovers(tmp_path) == ["web"]
        assert orphan.wait() == -signal.SIGTERM
    assert state.stop_leftovers(tmp_path) == []


def test_a_stranger_who_got_the_number_of_an_old_child_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        (tmp_path / "children.json").write_text(json.dumps({"web": [stranger.pid, "1"]}), encoding="utf-8")
        assert state.stop_leftovers(tmp_path) == []
        assert stranger.poll() is None
        stranger.kill()
