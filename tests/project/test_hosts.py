"""No file of ours names a package registry: whoever installs decides where packages come from (ADR 0003)."""

import json
import re
import tomllib
from typing import Final

import pytest

from tests.project import tree

# Written backwards, so that this file passes its own test.
REGISTRIES: Final = tuple(
    name[::-1] for name in ("gro.ipyp", "gro.detsohnohtyp", "sjmpn.yrtsiger", "gro.naibed", "moc.gkpnray")
)


def test_no_file_names_a_package_registry() -> None:
    named = {
        tree.name(path): [host for host in REGISTRIES if host.encode() in path.read_bytes()]
        for path in tree.files()
    }

    assert {path: hosts for path, hosts in named.items() if hosts} == {}


def test_the_lock_names_only_hosts_that_cannot_exist() -> None:
    lock = (tree.ROOT / "uv.lock").read_text(encoding="utf-8")

    assert set(re.findall(r"https?://([^/\"]+)", lock)) == {"index.invalid", "files.invalid"}


def test_every_locked_file_has_its_hash() -> None:
    lock = tomllib.loads((tree.ROOT / "uv.lock").read_text(encoding="utf-8"))
    files = [file for package in lock["package"] for file in package.get("wheels", [])]

    assert len(files) > len(lock["package"]) / 2
    assert [file["url"] for file in files if not file["hash"].startswith("sha256:")] == []


@pytest.mark.parametrize("folder", ["timescale", "e2e", "client"])
def test_npm_locks_the_content_and_not_the_place(folder: str) -> None:
    lock = json.loads((tree.ROOT / "tests" / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []
