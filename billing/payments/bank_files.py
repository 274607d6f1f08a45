"""A bank's statements as files, CAMT.053 (ISO 20022) or CSV, read into lines; a bad row has its reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree as ET

MINOR_DIGITS: Final = 2
LARGEST_FILE: Final = 20_000_000
# The columns of the CSV, by the names banks give them.
COLUMNS: Final = {
    "line_id": {"line_id", "id", "transaction_id", "交易流水号", "流水号"},
    "booked_on": {"booked_on", "date", "booking_date", "交易日期", "日期"},
    "amount": {"amount", "金额", "交易金额", "收入金额"},
    "currency": {"currency", "币种"},
    "payer_name": {"payer_name", "name", "对方户名", "付款人"},
    "payer_account": {"payer_account", "iban", "account", "对方账号", "付款账号"},
    "reference": {"reference", "text", "remittance", "摘要", "附言", "备注"},
}
# What banks write where they have no reference: the same on every line, so it names none.
NO_REFERENCE: Final = {"NONREF", "NOTPROVIDED"}
# As long as a name is in the database.
LONGEST_NAME: Final = 140
NEEDED: Final = ("booked_on", "amount", "currency")


class UnreadableStatementError(ValueError):
    """The file as a whole is no statement that we can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One booked line; an amount above zero came in.

    ``line_id`` is the bank's reference on the ``own_account``, or made of the content; at most 140 long.
    """

    line_id: str
    booked_on: date
    amount_minor: int
    currency: str
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    own_account: str = ""
    row: int = field(default=0, compare=False)


@dataclass(slots=True)
class Statement:
    """The lines that could be read, and the rows that could not, with their place and reason."""

    lines: list[StatementLine] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)


def read_statement(content: bytes) -> Statement:
    """Read a file of either kind.

    Raises:
        UnreadableStatementError: it is too large, neither XML of CAMT.053 nor CSV with the columns needed.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableStatementError("The file is larger than 20 MB.")
    return _camt(content) if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _csv(content)


def _camt(content: bytes) -> Statement:
    # All attacks through XML need a document type.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableStatementError("A bank's statement declares no document type.")
    try:
        root = ET.fromstring(content)  # noqa: S314 - what is refused above is what makes it unsafe
    except ET.ParseError as error:
        raise UnreadableStatementError(f"The XML is broken: {error}") from error
    parts = root.findall(".//{*}BkToCstmrStmt/{*}Stmt")
    if not parts:
        raise UnreadableStatementError("The XML holds no statement of CAMT.053.")
    entries = [
        (entry, _text(part, "Acct/{*}Id/{*}IBAN", "Acct/{*}Id/{*}Othr/{*}Id"))
        for part in parts
        for entry in part.iterfind("{*}Ntry")
    ]
    statement = Statement()
    for row, (entry, account) in enumerate(entries, start=1):
        _add(statement, row, lambda entry=entry, account=account: _camt_lines(entry, account))  # type: ignore[misc]  # bound now
    return _told_apart(statement)


def _camt_lines(entry: ET.Element, own_account: str) -> Iterator[StatementLine]:
    """An entry, or each transaction of a batch with an amount of its own."""
    if _text(entry, "Sts/{*}Cd", "Sts") == "PDNG":
        return
    booked_on = date.fromisoformat(_text(entry, "BookgDt/{*}Dt", "BookgDt/{*}DtTm", "ValDt/{*}Dt")[:10])
    sign = 1 if _text(entry, "CdtDbtInd") == "CRDT" else -1
    sign = -sign if _text(entry, "RvslInd") == "true" else sign
    details = entry.findall("{*}NtryDtls/{*}TxDtls") or [entry]
    for number, detail in enumerate(details):
        is_batch = len(details) > 1
        # NtryRef is no name: many banks number the entries of each statement from one.
        name = _reference(detail, "Refs/{*}AcctSvcrRef") or _reference(entry, "AcctSvcrRef")
        name = name or _reference(detail, "Refs/{*}TxId")
        line = _camt_line(detail if is_batch else entry, detail, sign=sign, booked_on=booked_on)
        # Transactions of a batch may repeat the reference of the whole.
        name = f"{name}/{number}" if name and is_batch else name
        yield replace(line, line_id=name, own_account=own_account)


def _reference(element: ET.Element, path: str) -> str:
    found = _text(element, path)
    return "" if found.upper() in NO_REFERENCE else found


def _camt_line(priced: ET.Element, detail: ET.Element, *, sign: int, booked_on: date) -> StatementLine:
    amount = _amount_element(priced)
    party = "Dbtr" if sign > 0 else "Cdtr"
    return StatementLine(
        line_id="",
        booked_on=booked_on,
        amount_minor=sign * _minor(amount.text or ""),
        currency=amount.get("Ccy", ""),
        payer_name=_text(
            detail, f"RltdPties/{{*}}{party}/{{*}}Nm", f"RltdPties/{{*}}{party}/{{*}}Pty/{{*}}Nm"
        ),
        payer_account=_text(
            detail,
            f"RltdPties/{{*}}{party}Acct/{{*}}Id/{{*}}IBAN",
            f"RltdPties/{{*}}{party}Acct/{{*}}Id/{{*}}Othr/{{*}}Id",
        ),
        reference=_remittance(detail),
    )


def _amount_element(part: ET.Element) -> ET.Element:
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt"):
        if (amount := part.find(path)) is not None:
            return amount
    raise ValueError("there is no amount")


def _remittance(detail: ET.Element) -> str:
    parts = [
        *detail.iterfind("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref"),
        *detail.iterfind("{*}RmtInf/{*}Ustrd"),
    ]
    found = [part.text.strip() for part in parts if part.text]
    return " ".join(found) or _text(detail, "AddtlNtryInf")


def _text(element: ET.Element, *paths: str) -> str:
    for path in paths:
        found = element.find("{*}" + path)
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return ""


def _csv(content: bytes) -> Statement:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Chinese banks' spreadsheets still write.
        text = content.decode("gb18030", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head = text.splitlines()[0] if text.strip() else ""
    reader = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names, *rows = [*reader] or [[]]
    except csv.Error as error:
        raise UnreadableStatementError(f"The CSV is broken: {error}") from error
    names = [name.strip().lower() for name in names]
    places = {
        column: n for column, aliases in COLUMNS.items() for n, name in enumerate(names) if name in aliases
    }
    missing = [column for column in NEEDED if column not in places]
    if missing:
        raise UnreadableStatementError(f"The first row of the CSV lacks {', '.join(missing)}.")
    statement = Statement()
    for number, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells):
            _add(statement, number, lambda cells=cells: iter([_csv_line(cells, places)]))  # type: ignore[misc]  # bound now
    return _told_apart(statement)


def _csv_line(cells: Sequence[str], places: dict[str, int]) -> StatementLine:
    given = {column: cells[n].strip() if n < len(cells) else "" for column, n in places.items()}
    return StatementLine(
        line_id=given.get("line_id", ""),
        booked_on=date.fromisoformat(given["booked_on"].replace("/", "-")),
        amount_minor=_minor(given["amount"].replace(",", "")),
        currency=given["currency"].upper(),
        payer_name=given.get("payer_name", ""),
        payer_account=given.get("payer_account", "").replace(" ", ""),
        reference=given.get("reference", ""),
    )


def _add(statement: Statement, row: int, read: Callable[[], Iterator[StatementLine]]) -> None:
    try:
        lines = list(read())
        for line in lines:
            _require_sense(line)
    except (ValueError, InvalidOperation) as error:
        statement.errors.append((row, str(error) or repr(error)))
    else:
        statement.lines += [replace(line, row=row) for line in lines]


def _require_sense(line: StatementLine) -> None:
    if not line.amount_minor:
        raise ValueError("the amount is zero")
    if len(line.currency) != 3 or not line.currency.isalpha():  # noqa: PLR2004 - ISO 4217
        raise ValueError(f"'{line.currency}' is no currency")


def _minor(text: str) -> int:
    value = Decimal(text.strip()).scaleb(MINOR_DIGITS)
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError(f"'{text}' is no amount with at most two decimals")
    return int(value)


def _told_apart(statement: Statement) -> Statement:
    """Lines without a name of the bank's own get one of their content, equal lines by their order."""
    seen: dict[str, int] = {}
    named = []
    for line in statement.lines:
        name = line.line_id or _content_name(line)
        name = f"{line.own_account}:{name}" if line.own_account else name
        if not line.line_id:
            seen[name] = seen.get(name, 0) + 1
            name = f"{name}-{seen[name]}"
        named.append(replace(line, line_id=_fitting(name)))
    statement.lines = named
    return statement


def _content_name(line: StatementLine) -> str:
    content = "|".join(
        [
            line.booked_on.isoformat(),
            str(line.amount_minor),
            line.currency,
            line.payer_account,
            line.payer_name,
            line.reference,
        ]
    )
    return sha256(content.encode()).hexdigest()[:24]


def _fitting(name: str) -> str:
    """A name that is too long, by its digest: its beginning alone could be another's."""
    return name if len(name) <= LONGEST_NAME else sha256(name.encode()).hexdigest()
