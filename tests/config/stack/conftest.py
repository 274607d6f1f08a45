"""A state directory for servers that run as another user."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state_directory() -> Iterator[Path]:
    """Not pytest's own: every other pytest that starts shuts that one to all but its user."""
    with tempfile.TemporaryDirectory(prefix="hearthline-state-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def shared_state_directory() -> Iterator[Path]:
    """As `state_directory`, one for all tests of a module."""
    with tempfile.TemporaryDirectory(prefix="hearthline-state-") as name:
        yield Path(name)
