"""Production's files: collected, hashed, and named by their hashes wherever one names another."""

import re
from pathlib import Path

from django.core.management import call_command
from pytest_django import Settings

IMPORT = re.compile(r"""from\s*["']\./([^"']+)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


def test_scripts_import_each_other_by_their_hashed_names(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.page.storage.HashedStorage"}}

    call_command("collectstatic", interactive=False, verbosity=0)

    hashed = [
        path for path in (tmp_path / "page").rglob("*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)
    ]
    named = [name for path in hashed for name in IMPORT.findall(path.read_text(encoding="utf-8"))]
    assert named
    assert {name for name in named if not HASHED.search(name)} == set()
