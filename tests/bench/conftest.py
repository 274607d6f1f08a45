"""What a measurement says, and the table at the end of the run: our figure, the one beside it, the ratio."""

from collections.abc import Callable
from typing import Final, NamedTuple

import pytest
from _pytest.terminal import TerminalReporter


class Measured(NamedTuple):
    """One comparison of the same run on the same machine; both figures in ``unit``."""

    what: str
    ours: float
    beside: str
    theirs: float
    unit: str


RESULTS: Final = pytest.StashKey[list[Measured]]()


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[Measured], None]:
    """Put a comparison into the table."""
    return request.config.stash.setdefault(RESULTS, []).append


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the table."""
    for row in terminalreporter.config.stash.get(RESULTS, []):
        terminalreporter.write_line(
            f"{row.what}: {row.ours:,.0f} {row.unit}; {row.beside}: {row.theirs:,.0f} {row.unit}; "
            f"ratio {row.ours / row.theirs:.2f}"
        )
