"""Full size: ``python -m tests.billing.storm``. OPERATIONS, SEED and WORKERS in the environment change it.

Every worker has a database of its own on one throw-away PostgreSQL, and its own fake.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from config.stack import servers
from tests.billing.storm.worker import work
from tests.processes import running

FULL: Final = 100_000
WORKERS: Final = 2


def main() -> int:
    """Run all workers; 0 where every one of them found the books agree."""
    operations = int(os.environ.get("OPERATIONS", FULL))
    seed = int(os.environ.get("SEED", "20261122"))
    workers = int(os.environ.get("WORKERS", WORKERS))
    with ExitStack() as exits:
        state = Path(tempfile.mkdtemp(prefix="hearthline-storm-"))
        exits.callback(shutil.rmtree, state, ignore_errors=True)
        server = servers.postgres(state, known={}, durable=False)
        exits.enter_context(running(server.component, log=state / "postgres.log", env=os.environ))
        url = server.addresses["DATABASE_URL"]
        pool = exits.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn")))
        began = time.monotonic()
        share = operations // workers
        tasks = [pool.submit(work, url, f"storm_{n}", seed + n, share) for n in range(workers)]
        outcomes = [task.result() for task in tasks]
        took_s = time.monotonic() - began
    for outcome in outcomes:
        print(outcome.told)  # noqa: T201 - the command's answer
    print(f"{sum(o.operations for o in outcomes)} operations in {took_s:.0f} s, seed {seed}")  # noqa: T201 - as above
    return int(any(outcome.faults for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
