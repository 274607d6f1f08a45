"""The TypeScript client generated from docs/openapi.yaml compiles, refuses misuse, and talks to us."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from accounts.scope import utility_scope
from comfort.models import Feedback
from tests.factories import PASSWORD, a_household, a_resident, a_utility
from tests.project import tree

HERE: Final = Path(__file__).parent
# What has a default need not be sent.
OPTIONS: Final = ("--default-non-nullable=false",)


def _run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated types and the sample, compiled by the strictest rules."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules").is_dir():
        pytest.skip("its packages are not installed: npm --prefix tests/client ci")
    folder = tmp_path_factory.mktemp("client")
    for source in [*HERE.glob("*.ts"), HERE / "tsconfig.json", HERE / "package.json"]:
        shutil.copy(source, folder)
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    tools = folder / "node_modules" / ".bin"
    _run(
        tools / "openapi-typescript",
        tree.ROOT / "docs" / "openapi.yaml",
        "-o",
        "hearthline.ts",
        *OPTIONS,
        cwd=folder,
    )
    _run(tools / "tsc", "--project", ".", cwd=folder)
    return folder


@pytest.mark.django_db(transaction=True)
def test_the_sample_talks_to_the_server(built: Path, live_server: LiveServer, client: Client) -> None:
    with utility_scope(a_utility()):
        household = a_household()
        said = {"email": a_resident(household=household).email, "password": PASSWORD}
        signed_in = client.post("/_allauth/app/v1/auth/login", said, content_type="application/json").json()

        told = _run("node", "run.js", live_server.url, signed_in["meta"]["session_token"], cwd=built)

        assert json.loads(told) == {
            "homes": [household.customer_number],
            "kilowattHours": 0,
            "sensation": -1,
        }
        assert Feedback.objects.get().sensation == -1
