"""TimescaleDB's compression of what was measured, as the utilities' storage rules say; nothing elsewhere."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from django.db.models import Max

from accounts.scope import across_utilities
from metering.models import StorageRules
from metering.models.storage import COMPRESS_DAYS

TABLES: Final = ("metering_reading", "metering_roomtemperature", "metering_telemetryvalue")
_SET: Final = """
SELECT hypertable_name FROM timescaledb_information.jobs
WHERE proc_name = 'policy_compression' AND hypertable_name = ANY(%s)
  AND (config->>'compress_after')::interval = %s::interval
"""


@transaction.atomic
def apply_policies(*, chunk_days: int | None = None) -> list[str]:
    """Let TimescaleDB compress after the longest time any utility asked for; answers the tables changed.

    A policy that says so already is left alone. ``chunk_days`` sets how long chunks made from now on are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')")
        if not cursor.fetchone()[0]:
            return []
        with across_utilities("hypertables are shared by all utilities"):
            longest = StorageRules.objects.aggregate(days=Max("compress_after_days"))["days"]
        after = f"{longest or COMPRESS_DAYS} days"
        cursor.execute(_SET, [list(TABLES), after])
        known = {table for (table,) in cursor.fetchall()}
        changed = [table for table in TABLES if table not in known]
        for table in changed:
            cursor.execute("SELECT remove_compression_policy(%s, if_exists => TRUE)", [table])
            cursor.execute("SELECT add_compression_policy(%s, %s::interval)", [table, after])
        if chunk_days is not None:
            for table in TABLES:
                cursor.execute(
                    "SELECT set_chunk_time_interval(%s, %s::interval)", [table, f"{chunk_days} days"]
                )
    return changed
