"""An archive is one zip: every part as CSV for a spreadsheet and as JSON for a program."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import Any, Final

from accounts.models import DataRequest, Membership, User
from accounts.operations.privacy import hand_out, mark_progress, take_export
from accounts.scope import across_utilities, utility_scope
from config.privacy.parts import Part, Row, home_parts, personal_parts

README: Final = """Hearthline: everything kept about you.

Every file is there twice with the same rows: .csv for a spreadsheet, .json for a program.
Instants are UTC, ISO 8601. Energy in Wh, volume in litres, temperatures in degrees Celsius, money in the
currency's smallest unit. A home's folder holds the days on which it was yours.
"""


def build_exports(*, clock: Callable[[], datetime]) -> int:
    """Make every archive that is asked for, one after the other; how many."""
    made = 0
    while request := take_export(at=clock()):
        archive = build_archive(request.user, progress=partial(_tell, request))
        hand_out(request=request, archive=archive, at=clock())
        made += 1
    return made


def build_archive(user: User, *, progress: Callable[[int], object]) -> bytes:
    """The zip of ``user``; ``progress`` hears per cent as it grows. Rows pass one by one."""
    with across_utilities("a person's own memberships"):
        rows = Membership.objects.filter(user=user).select_related("household__building", "utility", "user")
        memberships = list(rows.order_by("pk"))
    steps = len(memberships) + 1
    with TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README)
            _write(archive, "", personal_parts(user))
            progress(100 // steps)
            for number, membership in enumerate(memberships, start=1):
                with utility_scope(membership.utility):
                    _write(archive, f"home-{number}/", home_parts(membership))
                progress(100 * (number + 1) // steps)
        file.seek(0)
        return file.read()


def _tell(request: DataRequest, percent: int) -> None:
    mark_progress(request=request, percent=percent)


def _write(archive: zipfile.ZipFile, folder: str, parts: Iterator[Part]) -> None:
    for part in parts:
        with TemporaryFile("w+", encoding="utf-8", newline="") as table:
            with archive.open(f"{folder}{part.name}.json", "w") as raw:
                _write_both(part.rows, table, io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
            table.seek(0)
            with archive.open(f"{folder}{part.name}.csv", "w") as raw:
                # Without it a spreadsheet takes UTF-8 for something else.
                raw.write("\ufeff".encode())
                while text := table.read(1 << 16):
                    raw.write(text.encode())


def _write_both(rows: Iterator[Row], table: Any, lines: io.TextIOWrapper) -> None:  # noqa: ANN401 - a text file
    writer = None
    lines.write("[")
    for row in rows:
        lines.write("\n" if writer is None else ",\n")
        lines.write(json.dumps(row, default=_plain, ensure_ascii=False))
        if writer is None:
            writer = csv.DictWriter(table, fieldnames=list(row))
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})
    lines.write("\n]\n")
    lines.detach()


def _cell(value: Any) -> Any:  # noqa: ANN401 - a column's value
    if isinstance(value, dict | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    # A spreadsheet would run it as a formula.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return _plain(value) if isinstance(value, date) else value


def _plain(value: Any) -> str:  # noqa: ANN401 - as above
    return value.isoformat() if isinstance(value, date) else str(value)
