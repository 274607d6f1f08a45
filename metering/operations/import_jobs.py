"""Files of readings uploaded at the desk: tried first, stored when somebody says so, by a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext

from accounts.models import User
from accounts.scope import current_utility_id
from config.api.outbox import wake_worker
from metering.enums import ImportState
from metering.models import ReadingImport, ReadingImportFault
from metering.models.imported import UNDER_WAY
from metering.operations.imports import Imported, Wishes, import_readings
from metering.transfer.columns import layout
from metering.transfer.files import UnreadableFileError, header, lines
from metering.transfer.rows import Dialect, Fault

TASK: Final = "metering.run_import"
MOST_BYTES: Final = 32 * 1024 * 1024
# A portion takes well under a second; who was silent for that long has died.
SILENT_FOR: Final = timedelta(minutes=2)
MOST_STARTS: Final = 5
DECIDE_WITHIN: Final = timedelta(days=7)
COUNTS: Final = ("rows", "stored", "duplicates", "refused")


class ImportRefusedError(ValueError):
    """Nothing can be done with this import now."""


class _OvertakenError(Exception):
    """Another worker got on with the same import."""


def check_size(size_bytes: int) -> None:
    """Refuse what is too large for a row.

    Raises:
        ImportRefusedError: it is.
    """
    if size_bytes > MOST_BYTES:
        raise ImportRefusedError(
            gettext("The file has more than %(mib)s MiB; split it, or have it imported with the command.")
            % {"mib": MOST_BYTES // 1024 // 1024}
        )


def upload_readings(
    *, content: bytes, file_name: str, zone: str, decimal_comma: bool, by: User, at: datetime
) -> ReadingImport:
    """Keep a file of readings, CSV or Parquet by its ending, and have it tried; nothing is stored yet.

    Raises:
        ImportRefusedError: the file is too large.
        HeaderError: its columns are not those of readings.
        UnreadableFileError: it is not what its name says.
    """
    check_size(len(content))
    with TemporaryDirectory() as directory:
        layout(header(_written(content, file_name, directory)))
    made = ReadingImport.objects.create(
        made_by=by,
        made_at=at,
        file_name=file_name[-200:],
        sha256=sha256(content).hexdigest(),
        content=content,
        zone=zone,
        decimal_comma=decimal_comma,
        state=ImportState.TRYING,
    )
    _wake_on_commit(made)
    return made


def decide_import(*, reading_import: ReadingImport, by: User, at: datetime) -> None:
    """Have the tried file stored; what trying found is forgotten, storing finds it anew.

    Raises:
        ImportRefusedError: it is not waiting for a decision.
    """
    with transaction.atomic():
        waiting = ReadingImport.objects.filter(pk=reading_import.pk, state=ImportState.TRIED)
        begun = dict.fromkeys(COUNTS, 0)
        if not waiting.update(
            state=ImportState.IMPORTING,
            decided_by=by,
            decided_at=at,
            share=0.0,
            touched_at=None,
            starts=0,
            **begun,
        ):
            raise ImportRefusedError(gettext("This file does not wait for a decision (any more)."))
        ReadingImportFault.objects.filter(reading_import=reading_import).delete()
        _wake_on_commit(reading_import)


def run_import(*, import_id: int, clock: Callable[[], datetime]) -> None:
    """Get on with an import where its last committed portion ended; a no-op where nothing is to be done.

    The record moves on in the transaction of each portion and only from where this run knows it to be, so
    that a run that was killed repeats nothing, and of two at once one stops.
    """
    begun = _left_behind(clock()).filter(pk=import_id)
    if not begun.update(touched_at=clock(), starts=F("starts") + 1):
        return
    job = ReadingImport.objects.get(pk=import_id)
    if job.starts > MOST_STARTS:
        error = gettext("Five workers began and none got on; tell the operators.")
        _finish(job, ImportState.FAILED, error=error)
        return
    try:
        with TemporaryDirectory() as directory:
            _work_through(job, _written(bytes(job.content or b""), job.file_name, directory), clock)
    except UnreadableFileError as error:
        _finish(job, ImportState.FAILED, error=str(error))
    except _OvertakenError:
        return
    else:
        done = ImportState.TRIED if job.state == ImportState.TRYING else ImportState.IMPORTED
        _finish(job, done)


def sweep_imports(*, at: datetime) -> list[int]:
    """Wake a worker for every import that nobody gets on with; let lapse what nobody decided in a week."""
    ReadingImport.objects.filter(state=ImportState.TRIED, made_at__lt=at - DECIDE_WITHIN).update(
        state=ImportState.LAPSED, content=None
    )
    found = list(_left_behind(at).order_by("pk").values_list("pk", flat=True))
    for import_id in found:
        wake_worker(TASK, current_utility_id(), import_id)
    return found


def _left_behind(at: datetime) -> QuerySet[ReadingImport]:
    silent = Q(touched_at__isnull=True) | Q(touched_at__lt=at - SILENT_FOR)
    return ReadingImport.objects.filter(silent, state__in=UNDER_WAY)


def _wake_on_commit(job: ReadingImport) -> None:
    transaction.on_commit(partial(wake_worker, TASK, job.utility_id, job.pk))


def _written(content: bytes, file_name: str, directory: str) -> Path:
    # Only the ending of the name counts; the rest is a stranger's.
    path = Path(directory) / f"readings{Path(file_name).suffix.lower()}"
    path.write_bytes(content)
    return path


def _work_through(job: ReadingImport, path: Path, clock: Callable[[], datetime]) -> None:
    base, heard = {name: getattr(job, name) for name in COUNTS}, list[Fault]()

    def note(so_far: Imported, share: float) -> None:
        standing = ReadingImport.objects.filter(pk=job.pk, state=job.state, rows=job.rows)
        counts = {name: base[name] + getattr(so_far, name) for name in COUNTS}
        if not standing.update(**counts, share=share, touched_at=clock(), starts=0):
            raise _OvertakenError
        job.rows = counts["rows"]
        ReadingImportFault.objects.bulk_create(
            # A text of the database holds everything but NUL.
            ReadingImportFault(
                reading_import=job,
                line=fault.line,
                column=fault.column,
                reason=fault.reason.replace("\0", "\N{REPLACEMENT CHARACTER}"),
            )
            for fault in heard
        )
        heard.clear()

    wishes = Wishes(
        layout=layout(header(path)),
        dialect=Dialect(ZoneInfo(job.zone) if job.zone else None, decimal_comma=job.decimal_comma),
        dry_run=job.state == ImportState.TRYING,
        on_fault=heard.append,
        on_portion=note,
    )
    rest = islice(lines(path), job.rows, None)
    import_readings(rest, wishes=wishes, at=job.decided_at or job.made_at)


def _finish(job: ReadingImport, state: ImportState, *, error: str = "") -> None:
    # Where it stands as this run left it, or else it is another's.
    standing = ReadingImport.objects.filter(pk=job.pk, state=job.state, rows=job.rows)
    facts: dict[str, float | None] = {} if state == ImportState.TRIED else {"content": None}
    if state != ImportState.FAILED:
        facts |= {"rows_total": job.rows, "share": 1.0}
    standing.update(state=state, error=error, **facts)
