"""Files of readings, CSV and Parquet, row by row: whatever their size, in bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

PORTION: Final = 5000
SNIFFED: Final = 4096
PARQUET: Final = ".parquet"


class Line(NamedTuple):
    """A row as it stands in the file, its number, and the share of the file that is read."""

    number: int
    row: dict[str, Any]
    share: float


class UnreadableFileError(ValueError):
    """The file is not what its name says."""


def header(path: Path) -> list[str]:
    """The names of the columns.

    Raises:
        UnreadableFileError: no CSV in UTF-8, or no Parquet.
    """
    if path.suffix == PARQUET:
        with _parquet(path) as file:
            return [str(name) for name in file.schema_arrow.names]
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return _csv(stream)[1]


def lines(path: Path) -> Iterator[Line]:
    """The rows of a file, never more than a portion of them at once; a CSV's first one is line 2.

    Raises:
        UnreadableFileError: as `header`; also in the middle of the file.
    """
    yield from _parquet_lines(path) if path.suffix == PARQUET else _csv_lines(path)


def _csv(stream: TextIO) -> tuple[Any, list[str]]:
    try:
        sample = stream.read(SNIFFED)
        # The header has neither: whatever it is divided by divides the file.
        first = sample.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        stream.seek(0)
        rows = csv.reader(stream, delimiter=delimiter, strict=True)
        return rows, [name.strip().lower() for name in next(rows, [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(f"The file is not CSV in UTF-8: {error}.") from error


def _csv_lines(path: Path) -> Iterator[Line]:
    size = max(path.stat().st_size, 1)
    with path.open("rb") as file, TextIOWrapper(file, encoding="utf-8-sig", newline="") as stream:
        rows, names = _csv(stream)
        try:
            for row in rows:
                if row:
                    # What the decoder has taken so far; a portion ahead of the row, which a bar forgives.
                    share = min(1.0, file.tell() / size)
                    yield Line(rows.line_num, dict(zip(names, row, strict=False)), share)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnreadableFileError(f"Line {rows.line_num}: {error}.") from error


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFileError(f"The file is not Parquet: {error}.") from error


def _parquet_lines(path: Path) -> Iterator[Line]:
    with _parquet(path) as file:
        total, number = max(file.metadata.num_rows, 1), 0
        names = [str(name).strip().lower() for name in file.schema_arrow.names]
        try:
            for batch in file.iter_batches(batch_size=PORTION):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield Line(number, dict(zip(names, row, strict=True)), number / total)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableFileError(f"Row {number + 1}: {error}.") from error


def _written(cell: object) -> object:
    return cell.isoformat() if isinstance(cell, datetime) else cell


class CsvOut:
    """Rows written as CSV."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open the file and write its header."""
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(schema.names)

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Append rows; instants as ISO 8601, nothing as nothing."""
        self._writer.writerows([_written(cell) for cell in row] for row in rows)

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


class ParquetOut:
    """Rows written as Parquet, a row group a portion."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open the file."""
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema)

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Append rows."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def out(path: Path, schema: pa.Schema) -> CsvOut | ParquetOut:
    """A file to write rows into, by the ending of its name."""
    return ParquetOut(path, schema) if path.suffix == PARQUET else CsvOut(path, schema)
