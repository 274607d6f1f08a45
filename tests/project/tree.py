"""The project's own files, for the guards: found without git, which a machine may not have."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
# What .gitignore names, and git itself.
NOT_OURS: Final = {
    ".git",
    ".venv",
    ".hearthline",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
    "node_modules",
    "__pycache__",
    "staticfiles",
}
APPS: Final = ("accounts", "metering", "billing", "comfort", "control")


def files(*suffixes: str, under: Path = ROOT) -> Iterator[Path]:
    """Every file of the project whose name ends with one of ``suffixes``; all files where none is given."""
    for path in sorted(under.iterdir()):
        if path.name in NOT_OURS:
            continue
        if path.is_dir():
            yield from files(*suffixes, under=path)
        elif not suffixes or path.suffix in suffixes:
            yield path


def name(path: Path) -> str:
    """The path as a reader of a failure wants it: from the top of the project."""
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
