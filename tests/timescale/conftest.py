"""A real TimescaleDB: PostgreSQL and the extension compiled to WASM, served by node on loopback."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import environ
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker
from timescale.db.backends.postgresql.base import DatabaseWrapper

from accounts.models import Household
from accounts.scope import utility_scope
from config.settings import engine
from tests.factories import a_household, a_utility

HERE: Final = Path(__file__).parent
READY: Final = "listening "


@contextmanager
def _server() -> Iterator[str]:
    """The address of a fresh, empty database; the server ends when its standard input does."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules").is_dir():
        pytest.skip("its packages are not installed: npm --prefix tests/timescale ci")
    command = [node, str(HERE / "server.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith(READY), said + process.stdout.read()
        # It asks for a password and takes any; TLS it has not.
        yield f"postgresql://postgres:any@127.0.0.1:{said.removeprefix(READY).strip()}/postgres?sslmode=disable"


@pytest.fixture(scope="module")
def timescale(django_db_blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """Django's default connection, on a TimescaleDB that has run every migration."""
    plain = connections["default"]
    with _server() as address, django_db_blocker.unblock():
        settings = {
            **plain.settings_dict,
            **environ.Env.db_url_config(address),
            "ENGINE": engine.database_engine(address, choice="ask"),
        }
        connections["default"] = DatabaseWrapper(settings, alias="default")
        try:
            call_command("migrate", verbosity=0)
            yield connections["default"]
        finally:
            connections["default"].close()
            connections["default"] = plain


@pytest.fixture
def home(timescale: BaseDatabaseWrapper) -> Iterator[Household]:
    """A home on TimescaleDB, its utility in scope; another one for each test, for nothing is rolled back."""
    assert timescale.is_usable()
    with utility_scope(a_utility()):
        yield a_household()
