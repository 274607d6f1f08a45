"""No file of ours names a package registry: whoever installs decides where packages come from (ADR 0003)."""

from typing import Final

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
