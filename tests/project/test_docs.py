"""The documents name only what exists: make targets, management commands, files, environment variables."""

import re
from collections.abc import Iterator
from typing import Final

from django.core.management import get_commands

from config.settings import guard
from tests.project import tree

# In a code span or at the start of a line of a code block, settings before it allowed.
MAKE: Final = re.compile(r"(?:^|`)(?:[A-Z_]+=\S+ )*make ([a-z][\w-]*)", re.MULTILINE)
MANAGE: Final = re.compile(r"manage\.py ([a-z_]+)")
LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ASKED: Final = re.compile(r"env\.\w+\(\s*\"(\w+)\"")
SETTINGS: Final = tree.ROOT / "config" / "settings"
TARGET: Final = re.compile(r"^([a-z][\w-]*):", re.MULTILINE)


def _documents() -> Iterator[tuple[str, str]]:
    return ((tree.name(path), path.read_text(encoding="utf-8")) for path in tree.files(".md"))


def _makefile_targets() -> set[str]:
    return set(TARGET.findall((tree.ROOT / "Makefile").read_text(encoding="utf-8")))


def test_the_documents_name_only_make_targets_that_exist() -> None:
    named = {(name, target) for name, text in _documents() for target in MAKE.findall(text)}

    assert {(name, target) for name, target in named if target not in _makefile_targets()} == set()


def test_the_documents_name_only_management_commands_that_exist() -> None:
    named = {(name, command) for name, text in _documents() for command in MANAGE.findall(text)}

    assert {(name, command) for name, command in named if command not in get_commands()} == set()


def test_the_documents_link_only_to_files_that_exist() -> None:
    documents = {path: path.read_text(encoding="utf-8") for path in tree.files(".md")}
    links = {(path, link) for path, text in documents.items() for link in LINK.findall(text)}
    local = {(path, link) for path, link in links if "://" not in link and not link.startswith("mailto:")}

    assert {(tree.name(path), link) for path, link in local if not (path.parent / link).exists()} == set()


def _asked_of_the_environment() -> set[str]:
    settings = "".join(path.read_text(encoding="utf-8") for path in tree.files(".py", under=SETTINGS))
    return {*ASKED.findall(settings), *guard.CHECKS}


def test_both_readmes_explain_every_value_the_settings_take_from_the_environment() -> None:
    for readme in ("README.md", "README.zh-CN.md"):
        text = (tree.ROOT / readme).read_text(encoding="utf-8")
        assert {name for name in _asked_of_the_environment() if f"`{name}`" not in text} == set(), readme


def test_every_decision_has_its_own_number_and_says_it() -> None:
    decisions = sorted((tree.ROOT / "docs" / "adr").glob("*.md"))

    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in decisions]

    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    assert [int(title.removeprefix("# ").split(".")[0]) for title in titles] == numbers
