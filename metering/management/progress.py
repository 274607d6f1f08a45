"""A bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

from typing import Final, TextIO

WIDTH: Final = 40


class Progress:
    """Shows how much of something is done."""

    def __init__(self, stream: TextIO) -> None:
        """Show it on ``stream``."""
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._shown = -1

    def __call__(self, share: float) -> None:
        """Show ``share``, from 0 to 1, where it is news."""
        percent = int(100 * share)
        if not self._is_terminal:
            percent -= percent % 10
        if percent == self._shown:
            return
        self._shown = percent
        filled = WIDTH * percent // 100
        bar = f"[{'#' * filled}{' ' * (WIDTH - filled)}] {percent:3d} %"
        self._stream.write(f"\r{bar}" if self._is_terminal else f"{bar}\n")
        self._stream.flush()

    def done(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._shown >= 0:
            self._stream.write("\n")
