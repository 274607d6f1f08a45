"""The data that lies beside the project and is never copied into it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.project import tree


def find(name: str) -> Path | None:
    """A file of the shared data: below HEARTHLINE_SHARED_DATA, or `shared/data` beside a parent folder."""
    named = os.environ.get("HEARTHLINE_SHARED_DATA")
    beside = [parent / "shared" / "data" for parent in tree.ROOT.parents]
    folders = [Path(named)] if named else beside
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
