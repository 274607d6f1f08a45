"""What the settings ask of the machine: which servers a stack started, which engine a database needs."""

import json
from pathlib import Path
from typing import Final

import psycopg

PLAIN: Final = "django.db.backends.postgresql"
TIMESCALE: Final = "timescale.db.backends.postgresql"
CHOICES: Final = {"plain": PLAIN, "timescale": TIMESCALE}


def stack_address(state_dir: Path, name: str) -> str:
    """The address ``name`` (``DATABASE_URL`` ...) that ``manage.py up`` wrote, or an empty string."""
    path = state_dir / "addresses.json"
    if not path.exists():
        return ""
    return str(json.loads(path.read_text(encoding="utf-8")).get(name, ""))


def database_engine(url: str, *, choice: str) -> str:
    """The Django engine for the PostgreSQL at ``url``.

    ``choice`` is ``plain``, ``timescale`` or ``ask``; ``ask`` looks whether the server offers the
    TimescaleDB extension and falls back to the plain engine where it cannot be reached yet.

    Raises:
        ValueError: ``choice`` is none of the three.
    """
    if choice in CHOICES:
        return CHOICES[choice]
    if choice != "ask":
        raise ValueError(f"DATABASE_ENGINE is '{choice}'; it must be 'ask', 'plain' or 'timescale'.")
    return TIMESCALE if url and _offers_timescaledb(url) else PLAIN


def _offers_timescaledb(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3, autocommit=True) as connection:
            query = "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
            row = connection.execute(query).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] > 0
