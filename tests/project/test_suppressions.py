"""Whoever silences a checker or skips a test says why on the same line."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.project import tree

SILENCER = re.compile(r"#\s*(noqa|type:\s*ignore|nosec|pragma:\s*no cover|shellcheck disable|pylint:)")
NAMED_AND_REASONED = re.compile(r"#\s*(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\s+[#-]\s*\S")
SKIPS: Final = {"skip", "skipif", "xfail", "importorskip"}


def _silencers() -> Iterator[tuple[str, str]]:
    for path in tree.files(".py"):
        for token in tokenize.tokenize(io.BytesIO(path.read_bytes()).readline):
            if token.type == tokenize.COMMENT and (match := SILENCER.search(token.string)):
                yield f"{tree.name(path)}:{token.start[0]}", token.string[match.start() :]


def _bare_skips(path: Path) -> Iterator[str]:
    nodes = list(ast.walk(tree.parsed(path)))
    reasoned = {id(node.func) for node in nodes if isinstance(node, ast.Call) and _gives_reason(node)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in SKIPS and id(node) not in reasoned:
            yield f"{tree.name(path)}:{node.lineno} {ast.unparse(node)}"


def _gives_reason(call: ast.Call) -> bool:
    named = any(keyword.arg == "reason" for keyword in call.keywords)
    return named or (bool(call.args) and ast.unparse(call.func) == "pytest.skip")


def test_every_silenced_check_is_named_and_has_its_reason() -> None:
    assert [place for place, comment in _silencers() if not NAMED_AND_REASONED.match(comment)] == []


def test_every_skip_has_its_reason() -> None:
    tests = tree.files(".py", under=tree.ROOT / "tests")

    assert [skip for path in tests for skip in _bare_skips(path)] == []
