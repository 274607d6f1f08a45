"""The bootstrap says what is wrong with a machine, and the Makefile explains itself."""

import os
import subprocess
from pathlib import Path

from tests.project import tree


def _an_old_python(folder: Path) -> Path:
    """An interpreter that answers as Python 3.9 would."""
    script = folder / "python"
    script.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    script.chmod(0o755)
    return script


def test_an_older_python_is_refused_by_name_and_nothing_is_made(tmp_path: Path) -> None:
    old = _an_old_python(tmp_path)
    script = tmp_path / ".ci" / "venv"
    script.parent.mkdir()
    script.write_bytes((tree.ROOT / ".ci" / "venv").read_bytes())

    ran = subprocess.run(
        ["sh", script], env={**os.environ, "PYTHON": str(old)}, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert ran.stderr == f"Hearthline needs Python 3.11 or newer; {old} is Python 3.9.2. Set PYTHON=...\n"
    assert not (tmp_path / ".venv").exists()


def test_make_help_lists_every_target() -> None:
    targets = {
        line.split(":")[0]
        for line in (tree.ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if ": " in line and "##" in line
    }

    said = subprocess.run(["make", "help"], cwd=tree.ROOT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[0] for line in said.splitlines()} == targets
    assert {"demo", "test", "lint", "bench", "up"} <= targets
