"""One process of the full storm, with a database of its own."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from tests.billing.storm.outcome import Outcome


TEMPLATE: Final = "storm_template"


def make_template(url: str) -> None:
    """Make the database that every worker copies; tables are made once."""
    _create(url, TEMPLATE, like="template1")
    _use(url, TEMPLATE)
    from django.core.management import call_command  # noqa: PLC0415 - only now is the database known
    from django.db import connection  # noqa: PLC0415 - as above

    call_command("migrate", verbosity=0)
    # Nobody may be there while it is copied.
    connection.close()


def work(url: str, name: str, seed: int, operations: int) -> Outcome:
    """Make the database ``name`` beside the one of ``url`` and storm there."""
    _create(url, name, like=TEMPLATE)
    _use(url, name)
    from django.conf import settings  # noqa: PLC0415 - only now is the database known

    from tests.billing.storm.storm import run  # noqa: PLC0415 - as above

    settings.TASK_APP = "tests.billing.storm.world.QUEUE"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A storm is meant to be full of refusals.
    logging.disable(logging.ERROR)
    return run(seed=seed, operations=operations)


def _create(url: str, name: str, *, like: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(like)))


def _use(url: str, name: str) -> None:
    os.environ["DATABASE_URL"] = f"{url.rpartition('/')[0]}/{name}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    import django  # noqa: PLC0415 - only now is the database known

    django.setup()
