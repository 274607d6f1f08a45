"""Small beats clever: a file of at most 400 lines, a function of at most 60 with at most 10 branches."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.project import tree

MOST_LINES_A_FILE: Final = 400
MOST_LINES_A_FUNCTION: Final = 60
MOST_BRANCHES: Final = 10

FUNCTION: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
BRANCHES: Final = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)


def _hand_written(*suffixes: str) -> Iterator[Path]:
    """Files that a person of this project wrote: a migration is mostly Django's text."""
    foreign = {"migrations", "vendor"}
    return (path for path in tree.files(*suffixes) if not foreign.intersection(path.parts))


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in _hand_written(".py"):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, FUNCTION):
                yield f"{tree.name(path)}:{node.lineno} {node.name}", node


def _branches(function: ast.AST) -> int:
    """Ways through a function, less the straight one; a nested function counts for itself."""
    own = [child for child in ast.iter_child_nodes(function) if not isinstance(child, FUNCTION)]
    here = sum(isinstance(child, BRANCHES) for child in own)
    here += sum(len(child.values) - 1 for child in own if isinstance(child, ast.BoolOp))
    here += sum(len(child.ifs) for child in own if isinstance(child, ast.comprehension))
    return here + sum(_branches(child) for child in own)


def test_no_file_is_too_long() -> None:
    ours = _hand_written(".py", ".js", ".mjs", ".css")
    lengths = {tree.name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ours}

    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {label: (node.end_lineno or node.lineno) - node.lineno + 1 for label, node in _functions()}

    assert {label: lines for label, lines in lengths.items() if lines > MOST_LINES_A_FUNCTION} == {}


def test_no_function_has_too_many_branches() -> None:
    branches = {label: _branches(node) for label, node in _functions()}

    assert {label: count for label, count in branches.items() if count > MOST_BRANCHES} == {}
