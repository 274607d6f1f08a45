"""The embedded servers keep what they are given, and let nobody in without a password."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from paho.mqtt import publish, subscribe

from config.mqtt import broker_address
from config.stack import servers
from tests.processes import running


@contextmanager
def started(server: servers.Server, directory: Path) -> Generator[dict[str, str], None, None]:
    log = directory / f"{server.component.name}.log"
    with running(server.component, log=log, env=os.environ):
        yield dict(server.addresses)


def test_postgresql_keeps_port_password_and_rows_over_a_restart(state_directory: Path) -> None:
    with (
        started(servers.postgres(state_directory, known={}), state_directory) as first,
        psycopg.connect(first["DATABASE_URL"]) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert connection.execute("SHOW fsync").fetchall() == [("on",)]
        assert connection.execute("SHOW max_connections").fetchall() == [("200",)]
    with started(servers.postgres(state_directory, known=first), state_directory) as second:
        assert second == first
        with psycopg.connect(second["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_postgresql_listens_on_loopback_alone_and_asks_for_the_password(state_directory: Path) -> None:
    with started(servers.postgres(state_directory, known={}, durable=False), state_directory) as addresses:
        url = addresses["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchall() == [("127.0.0.1",)]
            assert connection.execute("SHOW unix_socket_directories").fetchall() == [("",)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(urlsplit(url).password or "", "guessed"))


def test_a_cluster_half_made_is_made_anew(state_directory: Path) -> None:
    (state_directory / "postgres").mkdir()
    (state_directory / "postgres" / "base").write_text("a first start that was cut short", encoding="utf-8")
    with started(servers.postgres(state_directory, known={}, durable=False), state_directory) as addresses:
        psycopg.connect(addresses["DATABASE_URL"]).close()


def test_valkey_keeps_its_keys_over_a_restart_and_forgets_none_for_want_of_memory(
    state_directory: Path,
) -> None:
    with (
        started(servers.valkey(state_directory, known={}), state_directory) as first,
        redis.Redis.from_url(first["VALKEY_URL"], decode_responses=True) as client,
    ):
        client.set("kept", "42")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    with started(servers.valkey(state_directory, known=first), state_directory) as second:
        assert second == first
        with redis.Redis.from_url(second["VALKEY_URL"], decode_responses=True) as client:
            assert client.get("kept") == "42"


def test_valkey_asks_for_the_password(state_directory: Path) -> None:
    with started(servers.valkey(state_directory, known={}, durable=False), state_directory) as addresses:
        parts = urlsplit(addresses["VALKEY_URL"])
        with (
            redis.Redis(port=parts.port or 0) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


@pytest.mark.parametrize("reader", ["MQTT_URL", "MQTT_V4_URL"])
@pytest.mark.parametrize("writer", ["MQTT_URL", "MQTT_V4_URL"])
def test_a_retained_message_reaches_who_subscribes_later_in_either_version(
    state_directory: Path, reader: str, writer: str
) -> None:
    with started(servers.broker(state_directory, known={}), state_directory) as addresses:
        topic = "heat/v1/u/down/d/target"
        publish.single(topic, b"46.5", qos=1, retain=True, client_id="writer", **_place(addresses[writer]))
        message = subscribe.simple(  # type: ignore[no-untyped-call] # paho has no type here
            "heat/v1/+/down/d/#", qos=1, client_id="reader", **_place(addresses[reader])
        )
        assert (message.topic, message.payload, message.retain) == (topic, b"46.5", True)


def _place(url: str) -> dict[str, Any]:
    address = broker_address(url)
    return {"hostname": address.host, "port": address.port, "protocol": address.version}
