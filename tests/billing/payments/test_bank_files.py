"""Statements of banks, good and bad: every line with its own name, every bad row with its reason."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.bank_files import StatementLine, UnreadableStatementError, read_statement

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id>
<Ntry><Amt Ccy="SEK">512.30</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <BookgDt><Dt>2026-02-10</Dt></BookgDt><AcctSvcrRef>A-1</AcctSvcrRef>
 <NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Li Na</Nm></Pty></Dbtr>
 <DbtrAcct><Id><IBAN>SE4550000000058398257466</IBAN></Id></DbtrAcct></RltdPties>
 <RmtInf><Strd><CdtrRefInf><Ref>RF29 2026 0000 41</Ref></CdtrRefInf></Strd></RmtInf>
 </TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="SEK">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <BookgDt><Dt>2026-02-11</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef>
 <NtryDtls><TxDtls><Amt Ccy="SEK">10.00</Amt><RmtInf><Ustrd>one</Ustrd></RmtInf></TxDtls>
           <TxDtls><Amt Ccy="SEK">20.00</Amt><RmtInf><Ustrd>two</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="SEK">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <BookgDt><Dt>2026-02-11</Dt></BookgDt><AcctSvcrRef>C-1</AcctSvcrRef></Ntry>
<Ntry><Amt Ccy="SEK">1.234</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-02-11</Dt></BookgDt></Ntry>
<Ntry><Amt Ccy="SEK">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
CSV = "line_id,booked_on,amount,currency,payer_name,payer_account,reference\n"


def test_camt_gives_lines_batches_and_what_went_out() -> None:
    statement = read_statement(CAMT.encode())

    assert statement.lines[0] == StatementLine(
        line_id="A-1",
        booked_on=date(2026, 2, 10),
        amount_minor=51_230,
        currency="SEK",
        payer_name="Li Na",
        payer_account="SE4550000000058398257466",
        reference="RF29 2026 0000 41",
    )
    told = [(line.line_id, line.amount_minor, line.reference) for line in statement.lines[1:]]
    assert told == [("B-1/0", 1000, "one"), ("B-1/1", 2000, "two"), ("C-1", -700, "")]
    assert statement.errors == [(4, "'1.234' is no amount with at most two decimals")]


def _named(entries: str, account: str = "SE45") -> list[str]:
    content = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>{account}</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"""
    return [line.line_id for line in read_statement(content.encode()).lines]


def _entry(amount: str, *, day: str = "2026-02-10", inside: str = "") -> str:
    return f"""<Ntry><Amt Ccy="SEK">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<BookgDt><Dt>{day}</Dt></BookgDt>{inside}</Ntry>"""


@pytest.mark.parametrize("inside", ["<NtryRef>1</NtryRef>", "<AcctSvcrRef>NONREF</AcctSvcrRef>"])
def test_what_every_statement_repeats_names_no_line(inside: str) -> None:
    january = _named(_entry("5.00", day="2026-01-10", inside=inside) * 2)
    february = _named(_entry("5.00", inside=inside))

    assert len({*january, *february}) == 3
    assert _named(_entry("5.00", inside=inside)) == february


def test_transactions_that_repeat_their_batchs_reference_are_told_apart() -> None:
    detail = '<TxDtls><Refs><AcctSvcrRef>B</AcctSvcrRef></Refs><Amt Ccy="SEK">5.00</Amt></TxDtls>'
    inside = f"<AcctSvcrRef>B</AcctSvcrRef><NtryDtls>{detail * 2}</NtryDtls>"

    assert _named(_entry("10.00", inside=inside)) == ["SE45:B/0", "SE45:B/1"]


@pytest.mark.parametrize("inside", ["<AcctSvcrRef>1</AcctSvcrRef>", ""])
def test_two_accounts_of_ours_may_have_the_same_line(inside: str) -> None:
    assert _named(_entry("5.00", inside=inside)) != _named(_entry("5.00", inside=inside), account="SE46")


def test_names_too_long_to_store_stay_apart() -> None:
    rows = "".join(f"{'x' * 140}{end},2026-02-10,1.00,CNY,,,\n" for end in "ab")

    names = [line.line_id for line in read_statement((CSV + rows).encode()).lines]

    assert len(set(names)) == 2
    assert max(len(name) for name in names) <= 140


def test_csv_names_its_bad_rows_and_keeps_the_good() -> None:
    rows = "x1,2026-02-10,512.30,CNY,Li Na,62220,2026-000041\n\nx2,soon,1,CNY,,,\nx3,2026-02-10,0,CNY,,,\n"
    statement = read_statement((CSV + rows).encode())

    assert [line.line_id for line in statement.lines] == ["x1"]
    assert [row for row, _reason in statement.errors] == [4, 5]
    assert statement.errors[1][1] == "the amount is zero"


def test_a_chinese_banks_csv_is_read_too() -> None:
    text = "交易流水号;交易日期;交易金额;币种;对方户名;附言\n"
    text += "77;2026/02/10;1,024.00;CNY;李娜;采暖费 2026-000041\n"

    (line,) = read_statement(text.encode("gb18030")).lines

    assert (line.line_id, line.booked_on, line.amount_minor) == ("77", date(2026, 2, 10), 102_400)
    assert (line.payer_name, line.reference) == ("李娜", "采暖费 2026-000041")


def test_lines_without_a_name_get_one_of_their_content_and_order() -> None:
    row = ",2026-02-10,1.00,CNY,Li Na,,heat\n"
    first = [line.line_id for line in read_statement((CSV + row + row).encode()).lines]
    second = [line.line_id for line in read_statement((CSV + row).encode()).lines]

    assert len(set(first)) == 2
    assert second == first[:1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<Document/>",
        b"<broken",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Document/>',
        b"amount,currency\n1,CNY\n",
        b"x" * 20_000_001,
    ],
)
def test_what_is_no_statement_is_refused_whole(content: bytes) -> None:
    with pytest.raises(UnreadableStatementError):
        read_statement(content)


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    try:
        statement = read_statement(content)
    except UnreadableStatementError:
        return
    assert all(line.amount_minor for line in statement.lines)
