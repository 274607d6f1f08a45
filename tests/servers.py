"""Real servers for the tests: one PostgreSQL, one Valkey, one MQTT broker, for one run of pytest.

Loaded by ``-p tests.servers`` so that it runs before Django reads its settings. Where
``HEARTHLINE_TEST_DATABASE_URL`` (``..._VALKEY_URL``, ``..._MQTT_URL``) is set, that server is used instead.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.stack import servers
from tests.processes import running

MAKERS = {
    "DATABASE_URL": servers.postgres,
    "VALKEY_URL": servers.valkey,
    "MQTT_URL": servers.broker,
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start what is not given; a wrapper runs before pytest-django reads the settings."""
    exits = ExitStack()
    early_config.add_cleanup(exits.close)
    state = Path(tempfile.mkdtemp(prefix="hearthline-test-"))
    exits.callback(shutil.rmtree, state, ignore_errors=True)
    os.environ["HEARTHLINE_STATE"] = str(state)
    for name, maker in MAKERS.items():
        given = os.environ.get(f"HEARTHLINE_TEST_{name}")
        if given:
            os.environ[name] = given
            continue
        server = maker(state, known={}, durable=False)
        log = state / f"{server.component.name}.log"
        exits.enter_context(running(server.component, log=log, env=os.environ))
        os.environ.update(server.addresses)
    return (yield)
