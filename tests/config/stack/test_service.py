from collections.abc import Mapping
from pathlib import Path

import pytest

from config.stack import service
from config.stack.component import Component
from config.stack.servers import Server
from config.stack.service import Ports, manage

SERVERS = ("DATABASE_URL", "VALKEY_URL", "MQTT_URL")
PORTS = Ports(web=8100, live=8101)
VALKEY = Server(
    component=Component(name="valkey", command=("true",)),
    addresses={"VALKEY_URL": "redis://:made@127.0.0.1:1/0"},
)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names nothing of ours."""
    for name in (*SERVERS, "PUBLIC_URL", "LIVE_URL", "STRIPE_API_BASE", "DATABASE_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def addresses(*started: Server, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return service._addresses(PORTS, started, extra or {})


def test_what_the_environment_names_is_not_started(
    environment: pytest.MonkeyPatch, state_directory: Path
) -> None:
    for name in SERVERS:
        environment.setenv(name, "somewhere://else")
    assert service._servers(state_directory) == []
    assert list(state_directory.iterdir()) == []


def test_only_what_is_missing_is_started(environment: pytest.MonkeyPatch, state_directory: Path) -> None:
    environment.setenv("DATABASE_URL", "postgresql://db.example.org/heat")
    started = service._servers(state_directory)
    assert [server.component.name for server in started] == ["valkey", "broker"]
    assert addresses(*started)["DATABASE_URL"] == "postgresql://db.example.org/heat"


def test_the_addresses_of_our_own_processes_follow_their_ports(environment: pytest.MonkeyPatch) -> None:
    del environment  # it names nothing
    assert addresses() == {
        "PUBLIC_URL": "http://127.0.0.1:8100",
        "LIVE_URL": "ws://127.0.0.1:8101/ws/v1/live",
    }


def test_the_environment_stands_above_what_we_made_up(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PUBLIC_URL", "https://heat.example.org")
    environment.setenv("STRIPE_API_BASE", "")
    chosen = addresses(extra={"STRIPE_API_BASE": "http://127.0.0.1:8002"})
    assert chosen["PUBLIC_URL"] == "https://heat.example.org"
    assert chosen["STRIPE_API_BASE"] == ""


def test_an_empty_address_in_the_environment_does_not_hide_the_server_we_started(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("VALKEY_URL", "")
    assert addresses(VALKEY)["VALKEY_URL"] == "redis://:made@127.0.0.1:1/0"


def test_every_process_waits_for_the_migration_and_that_for_the_servers(state_directory: Path) -> None:
    processes = service.processes(
        state_directory, ports=PORTS, servers=["postgres", "valkey"], prepare=manage("migrate")
    )
    migrate, *others = processes
    assert (migrate.name, migrate.once, migrate.after) == ("migrate", True, ("postgres", "valkey"))
    assert {other.name for other in others} == {"web", "live", "ingest", "worker", "beat", "control"}
    assert all(other.after[:3] == ("migrate", "postgres", "valkey") for other in others)


def test_only_a_database_of_our_own_is_known_to_be_plain(
    environment: pytest.MonkeyPatch, state_directory: Path
) -> None:
    del environment  # it names nothing
    ours = Server(component=Component(name="postgres", command=("true",)), addresses={})
    assert service._environment(state_directory, {}, started=[ours])["DATABASE_ENGINE"] == "plain"
    assert "DATABASE_ENGINE" not in service._environment(state_directory, {}, started=[VALKEY])
