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
from tests.billing.storm.worker import make_template, work
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
        # A process for each task: Django knows one database in its life.
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1)
        exits.enter_context(pool)
        pool.submit(make_template, url).result()
        began = time.monotonic()
        # Split without a rest, so that as many are done as were ordered.
        shares = [(operations + n) // workers for n in range(workers)]
        tasks = [pool.submit(work, url, f"storm_{n}", seed + n, share) for n, share in enumerate(shares)]
        outcomes = [task.result() for task in tasks]
        took_s = time.monotonic() - began
    for outcome in outcomes:
        print(outcome.told)  # noqa: T201 - the command's answer
    done = sum(outcome.operations for outcome in outcomes)
    cpu_s = sum(outcome.cpu_s for outcome in outcomes)
    print(  # noqa: T201 - as above
        f"{done} operations in {took_s:.0f} s: {done / took_s:.0f}/s by {workers} processes, "
        f"{cpu_s:.0f} s of their CPU, seed {seed}"
    )
    return int(any(outcome.faults for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
