"""A season's bills for a town, issued and posted, beside the bare COPY of the rows they left."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from django.db import connection, transaction

from accounts.scope import utility_scope
from billing.models import Invoice, InvoiceLine, JournalEntry, NumberSequence, Posting
from billing.operations.periods import BillingRun, Step, bill_period
from tests.bench.conftest import Measured
from tests.billing.town import DAYS, a_town

HOMES: Final = int(os.environ.get("HEARTHLINE_BENCH_HOMES", "100000"))
AFTER_SEASON: Final = datetime(2026, 3, 20, tzinfo=UTC)
# Lines first: those of an issued invoice are refused.
TABLES: Final = [model._meta.db_table for model in (InvoiceLine, Invoice, JournalEntry, Posting)]


def _copied_out(table: str, folder: Path) -> Path:
    path = folder / table
    statement = f"COPY {table} TO STDOUT"
    with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            file.write(block)
    return path


def _copied_in(files: Mapping[str, Path]) -> float:
    """Seconds to COPY the files into tables of these names, in one transaction."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, path in files.items():
            with path.open("rb") as file, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                while block := file.read(1 << 18):
                    copy.write(block)
    return time.perf_counter() - began


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.django_db(transaction=True)
def bench_billing_run(measured: Callable[[Measured], None], tmp_path: Path) -> None:
    utility = a_town(homes=HOMES, slug="bench-bills")
    peaks: list[float] = []

    def progress(_run: BillingRun) -> None:
        peaks.append(_peak_mib())

    began = time.perf_counter()
    run = bill_period(utility=utility, period=DAYS, at=AFTER_SEASON, step=Step.ISSUE, progress=progress)
    ours_s = time.perf_counter() - began
    with utility_scope(utility):
        assert run.bills == HOMES == Invoice.objects.count() == NumberSequence.objects.get().last_number
        assert InvoiceLine.objects.count() == Posting.objects.count() == 3 * HOMES
    files = {table: _copied_out(table, tmp_path) for table in TABLES}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table})")
        bare_s = _copied_in({f"bare_{table}": path for table, path in files.items()})
        for table in TABLES:
            cursor.execute(f"DROP TABLE bare_{table}")
        # The same rows once more into the tables themselves: with keys, references and triggers.
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    checked_s = _copied_in(files)

    what = "billing run: rated, numbered, frozen, posted"
    for beside, seconds in {
        "bare COPY of the rows, no key, no check": bare_s,
        "with them": checked_s,
    }.items():
        measured(Measured(what, HOMES / ours_s, beside, HOMES / seconds, "invoices/s"))
    early = peaks[len(peaks) // 10]
    measured(Measured("peak memory at the end of the run", peaks[-1], "after a tenth", early, "MiB"))
