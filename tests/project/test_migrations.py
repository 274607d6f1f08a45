"""Migrations are complete, named by a person, and stand without the code that changes after them."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.project import tree

# What Django calls a migration when nobody does: 0002_auto_2026..., 0003_alter_meter_serial_and_more.
AUTO_NAME = re.compile(
    r"\d{4}_(auto_|initial$|.*_and_more$|(alter|remove|rename|delete)_\w+|\w+_(idx|options|together)$)"
)


def _migrations() -> Iterator[Path]:
    return (path for path in tree.files(".py") if re.match(r"\d{4}_", path.name))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, no_color=True, stdout=said)
    except SystemExit:
        pytest.fail(f"run makemigrations and name what it writes:\n{said.getvalue()}")


def test_a_person_named_every_migration() -> None:
    assert [tree.name(path) for path in _migrations() if AUTO_NAME.match(path.stem)] == []


def test_a_migration_imports_nothing_of_ours() -> None:
    ours = {*tree.APPS, "config", "tests"}

    borrowed = {
        tree.name(path): [module for module in _imports(path) if module.split(".")[0] in ours]
        for path in _migrations()
    }

    assert {path: modules for path, modules in borrowed.items() if modules} == {}


def test_an_app_numbers_its_migrations_without_a_fork() -> None:
    numbers = [(path.parent, path.name[:4]) for path in _migrations()]

    assert len(numbers) == len(set(numbers))
