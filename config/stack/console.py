"""The one log and the lines a person sees: `time component | text`, in the file and on the console."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from time import strftime
from typing import Final, TextIO

KEEP_BYTES: Final = 20_000_000


class Console:
    """Writes every line to ``log/hearthline.log``; the state lines, and the rest if asked, to the console."""

    def __init__(self, state: Path, *, width: int, quiet: bool = False, out: TextIO = sys.stdout) -> None:
        """``width`` is that of the longest component's name; ``quiet`` keeps their output to the file."""
        self.path = state / "log" / "hearthline.log"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > KEEP_BYTES:
            self.path.replace(self.path.with_suffix(".1.log"))
        self._file = self.path.open("a", encoding="utf-8", buffering=1)
        self._width, self._quiet, self._out = width, quiet, out

    def state(self, name: str, text: str) -> None:
        """What became of a component; always shown."""
        self._write(name, text, shown=True)

    def output(self, name: str, text: str) -> None:
        """A line a component wrote."""
        self._write(name, text, shown=not self._quiet)

    def close(self) -> None:
        """Leave the file."""
        self._file.close()

    def _write(self, name: str, text: str, *, shown: bool) -> None:
        line = f"{strftime('%H:%M:%S')} {name:<{self._width}} | {text}\n"
        # A log is read days later, the console now.
        self._file.write(f"{strftime('%Y-%m-%d')} {line}")
        if shown:
            # Whoever read our output may have left; the log goes on.
            with suppress(BrokenPipeError):
                self._out.write(line)
                self._out.flush()
