"""One process of the full storm, with a database of its own."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from tests.billing.storm.outcome import Outcome


def work(url: str, name: str, seed: int, operations: int) -> Outcome:
    """Make the database ``name`` beside the one of ``url`` and storm there."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    os.environ["DATABASE_URL"] = f"{url.rpartition('/')[0]}/{name}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    import django  # noqa: PLC0415 - only now is the database known

    django.setup()
    from django.conf import settings  # noqa: PLC0415 - as above
    from django.core.management import call_command  # noqa: PLC0415 - as above

    from tests.billing.storm.storm import run  # noqa: PLC0415 - as above

    settings.TASK_APP = "tests.billing.storm.world.QUEUE"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A storm is meant to be full of refusals.
    logging.disable(logging.ERROR)
    call_command("migrate", verbosity=0)
    return run(seed=seed, operations=operations)
