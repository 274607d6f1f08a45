"""Credit notes: parts of lines taken back, never more than there is, posted where the money is."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from random import Random
from threading import Barrier

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Contract, User, Utility
from accounts.scope import utility_scope
from billing.enums import AccountCode, CorrectionCause, EntryKind, InvoiceKind, InvoiceState
from billing.models import Invoice, InvoiceLine, JournalEntry, Posting
from billing.operations.corrections import CannotCorrectError, Ground, cancel_invoice, credit_lines
from billing.operations.invoices import issue_invoices
from billing.operations.ledger import Side, post_entry
from billing.queries.balance import open_minor
from billing.queries.corrections import charged_lines
from billing.queries.verification import broken_links
from tests.billing.factories import AFTER_JANUARY, a_bill, a_customer, a_draft, a_tariff
from tests.factories import a_user, a_utility

LATER = AFTER_JANUARY + timedelta(days=3)


@pytest.fixture
def clerk(db: None) -> User:  # noqa: ARG001 - it is the database
    """Who corrects."""
    return a_user()


def agreed(clerk: User | None, reason: str = "The lift was out of order.") -> Ground:
    """A credit given freely."""
    return Ground(cause=CorrectionCause.AGREED, reason=reason, actor=clerk)


def lines_of(bill: Invoice) -> dict[str, InvoiceLine]:
    """The bill's lines by what they charge for."""
    return {line.kind: line for line in bill.lines.all()}


def balance(account: AccountCode) -> int:
    """The account's balance in minor units."""
    return sum(Posting.objects.filter(account__code=account).values_list("amount_minor", flat=True))


def pay(bill: Invoice, minor: int) -> None:
    """Money at the counter."""
    post_entry(
        key=f"counter:{bill.pk}:{minor}",
        kind=EntryKind.PAYMENT,
        at=LATER,
        currency="CNY",
        sides=[
            Side(account=AccountCode.BANK, amount_minor=minor),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=-minor,
                contract_id=bill.contract_id,
                invoice_id=bill.pk,
            ),
        ],
    )


def test_a_credit_note_names_bill_lines_reason_and_clerk(bill: Invoice, clerk: User) -> None:
    heat = lines_of(bill)["energy"]
    note = credit_lines(bill=bill, parts={heat.pk: 10_000}, ground=agreed(clerk), at=LATER)

    assert (note.number, note.kind, note.state) == ("C2026-000001", InvoiceKind.CREDIT, InvoiceState.ISSUED)
    assert (note.corrects, note.actor, note.reason) == (bill, clerk, "The lift was out of order.")
    assert (note.net_minor, note.tax_minor, note.total_minor) == (-9_174, -826, -10_000)
    assert note.due_on == LATER.date()
    assert note.snapshot["customer"] == bill.snapshot["customer"]
    line = note.lines.get()
    assert (line.corrects, line.description, str(line.tax_rate)) == (heat, "Metered heat", "0.0900")
    assert line.formula == "−1 × 160.00 CNY × 100.00 CNY / 174.40 CNY = -91.74 CNY"
    assert charged_lines([bill.pk])[bill.pk][1].left_minor == 7_440


def test_a_credit_lowers_what_is_owed_and_leaves_no_document_changed(bill: Invoice, clerk: User) -> None:
    before = Invoice.objects.filter(pk=bill.pk).values().get()
    note = credit_lines(
        bill=bill, parts={lines_of(bill)["energy"].pk: 10_000}, ground=agreed(clerk), at=LATER
    )

    assert open_minor([bill.pk, note.pk]) == {bill.pk: 41_230, note.pk: 0}
    entry = JournalEntry.objects.get(key=f"invoice:{note.pk}")
    assert (entry.kind, entry.memo) == (EntryKind.CORRECTION, "C2026-000001")
    assert list(entry.postings.order_by("pk").values_list("account__code", "amount_minor", "invoice")) == [
        ("receivable", -10_000, bill.pk),
        ("revenue", 9_174, note.pk),
        ("tax", 826, note.pk),
    ]
    assert Invoice.objects.filter(pk=bill.pk).values().get() == before


def test_what_was_paid_already_becomes_the_customers_credit(bill: Invoice, clerk: User) -> None:
    pay(bill, 45_000)
    credit_lines(bill=bill, parts={lines_of(bill)["energy"].pk: 10_000}, ground=agreed(clerk), at=LATER)

    assert open_minor([bill.pk]) == {bill.pk: 0}
    assert balance(AccountCode.CUSTOMER_CREDIT) == -3_770
    credit = Posting.objects.get(account__code=AccountCode.CUSTOMER_CREDIT)
    assert credit.contract_id == bill.contract_id


@pytest.mark.parametrize(
    ("minor", "reason", "sentence"),
    [
        (17_441, "too much", "174.41 CNY after 0.00 CNY is no part of 174.40 CNY"),
        (0, "nothing", "no part of"),
        (-5, "upside down", "no part of"),
        (100, " ", "A correction needs its reason."),
    ],
)
def test_what_cannot_be_credited_is_refused_and_leaves_nothing(
    bill: Invoice, clerk: User, minor: int, reason: str, sentence: str
) -> None:
    with pytest.raises(CannotCorrectError, match=sentence):
        credit_lines(
            bill=bill, parts={lines_of(bill)["energy"].pk: minor}, ground=agreed(clerk, reason), at=LATER
        )
    assert Invoice.objects.count() == 1
    assert JournalEntry.objects.count() == 1


def test_a_line_of_another_bill_is_refused(bill: Invoice, clerk: User) -> None:
    other = Invoice.objects.get(pk=a_bill(contract=a_customer()))

    with pytest.raises(CannotCorrectError, match="Choose lines of 2026-000001"):
        credit_lines(bill=bill, parts={lines_of(other)["energy"].pk: 1}, ground=agreed(clerk), at=LATER)


def test_neither_a_draft_nor_a_credit_note_is_corrected(bill: Invoice, clerk: User) -> None:
    draft = Invoice.objects.get(pk=a_draft(contract=a_customer()))
    note = credit_lines(bill=bill, parts={lines_of(bill)["energy"].pk: 1}, ground=agreed(clerk), at=LATER)

    for document, line in ((draft, draft.lines.get(kind="energy")), (note, note.lines.get())):
        with pytest.raises(CannotCorrectError, match="no issued bill in force"):
            credit_lines(bill=document, parts={line.pk: 1}, ground=agreed(clerk), at=LATER)


def test_a_cancelled_bill_is_wholly_credited_and_its_days_are_billed_again(
    bill: Invoice, clerk: User
) -> None:
    credit_lines(bill=bill, parts={lines_of(bill)["energy"].pk: 10_000}, ground=agreed(clerk), at=LATER)
    cancelled = cancel_invoice(bill=bill, reason="Billed to the wrong days.", actor=clerk, at=LATER)
    _check_constraints()
    again = Invoice.objects.get(pk=a_bill(contract=bill.contract, at=LATER))

    assert cancelled.cancelled_at == LATER
    assert sum(Invoice.objects.filter(corrects=bill).values_list("total_minor", flat=True)) == -51_230
    assert (again.number, again.total_minor) == ("2026-000002", 51_230)
    assert open_minor([bill.pk, again.pk]) == {bill.pk: 0, again.pk: 51_230}
    with pytest.raises(CannotCorrectError, match="no issued bill in force"):
        cancel_invoice(bill=bill, reason="Again.", actor=clerk, at=LATER)


def test_a_bill_wholly_credited_by_agreement_is_cancelled_without_another_note(
    bill: Invoice, clerk: User
) -> None:
    parts = {line.pk: line.net_minor + line.tax_minor for line in bill.lines.all()}
    credit_lines(bill=bill, parts=parts, ground=agreed(clerk), at=LATER)
    cancel_invoice(bill=bill, reason="Nothing is left of it.", actor=clerk, at=LATER)
    _check_constraints()

    assert Invoice.objects.filter(corrects=bill).count() == 1


def _check_constraints() -> None:
    """What a commit does, within the test's own transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), pieces=st.integers(2, 7))
def test_crediting_in_any_split_and_order_gives_exactly_the_bill(
    bill: Invoice, clerk: User, seed: int, pieces: int
) -> None:
    chance = Random(seed)  # noqa: S311 - a repeatable split, no secret
    parts: list[tuple[int, int]] = []
    for line in bill.lines.all():
        total = line.net_minor + line.tax_minor
        cuts = sorted(chance.sample(range(1, total), pieces - 1))
        parts += [(line.pk, end - start) for start, end in zip([0, *cuts], [*cuts, total], strict=True)]
    chance.shuffle(parts)

    with transaction.atomic():
        for line_id, minor in parts:
            credit_lines(bill=bill, parts={line_id: minor}, ground=agreed(clerk), at=LATER)
        notes = Invoice.objects.filter(corrects=bill)
        assert sum(note.net_minor for note in notes) == -bill.net_minor
        assert sum(note.tax_minor for note in notes) == -bill.tax_minor
        assert open_minor([bill.pk]) == {bill.pk: 0}
        with pytest.raises(CannotCorrectError):
            credit_lines(bill=bill, parts={parts[0][0]: 1}, ground=agreed(clerk), at=LATER)
        assert sorted(note.number or "" for note in notes) == [
            f"C2026-{n:06d}" for n in range(1, len(parts) + 1)
        ]
        transaction.set_rollback(True)


def _past_every_operation(
    bill: Invoice,
    *,
    net_minor: int = -16_000,
    tax_minor: int = -1_440,
    source: InvoiceLine | None = None,
    contract: Contract | None = None,
) -> None:
    """A credit note's row and line written by hand."""
    line = lines_of(bill)["energy"]
    note = Invoice.objects.get(pk=bill.pk)
    note.pk, note.state, note.kind = None, InvoiceState.DRAFT, InvoiceKind.CREDIT
    note.number = note.issued_at = note.due_on = None
    note.corrects, note.cause, note.reason = bill, CorrectionCause.AGREED, "by hand"
    note.contract = contract or bill.contract
    note.net_minor, note.tax_minor, note.total_minor = net_minor, tax_minor, net_minor + tax_minor
    with transaction.atomic():
        note.save(force_insert=True)
        line.corrects = source or InvoiceLine.objects.get(pk=line.pk)
        line.pk, line.invoice = None, note
        line.net_minor, line.tax_minor = net_minor, tax_minor
        line.save(force_insert=True)


@pytest.mark.parametrize(
    ("net_minor", "tax_minor"), [(-16_001, -1_440), (-16_000, -1_441), (-17_440, 0), (1, -1_000)]
)
def test_the_database_refuses_to_take_back_more_than_a_line(
    bill: Invoice, net_minor: int, tax_minor: int
) -> None:
    with pytest.raises(DatabaseError, match="all its credits together would be"):
        _past_every_operation(bill, net_minor=net_minor, tax_minor=tax_minor)
    assert Invoice.objects.count() == 1


def test_the_database_counts_what_was_taken_back_before(bill: Invoice, clerk: User) -> None:
    credit_lines(bill=bill, parts={lines_of(bill)["energy"].pk: 1}, ground=agreed(clerk), at=LATER)

    with pytest.raises(DatabaseError, match="would be -16001 and -1440 tax"):
        _past_every_operation(bill)


def test_the_database_lets_a_credit_name_only_charges_of_its_own_contract(bill: Invoice, clerk: User) -> None:
    note = credit_lines(bill=bill, parts={lines_of(bill)["energy"].pk: 1}, ground=agreed(clerk), at=LATER)
    draft = Invoice.objects.get(pk=a_draft(contract=a_customer()))

    for changes in (
        {"contract": draft.contract},
        {"source": note.lines.get()},
        {"source": draft.lines.first()},
    ):
        with pytest.raises(DatabaseError, match="Only a charge on an issued invoice"):
            _past_every_operation(bill, **changes)


def test_the_database_frees_no_days_of_a_bill_that_is_owed(bill: Invoice) -> None:
    with transaction.atomic():
        Invoice.objects.filter(pk=bill.pk).update(cancelled_at=LATER)
        with pytest.raises(DatabaseError, match="2026-000001 is not wholly credited"):
            _check_constraints()
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "credit"}, "billing_invoice_correction_says_of_what_and_why"),
        ({"cause": "agreed"}, "billing_invoice_correction_says_of_what_and_why"),
        (
            {"kind": "debit", "cause": "agreed", "own": True},
            "billing_invoice_correction_says_of_what_and_why",
        ),
        (
            {"kind": "credit", "cause": "agreed", "own": True, "reason": "?"},
            "billing_invoice_credit_takes_back",
        ),
        ({"cancelled_at": LATER}, "billing_invoice_only_issued_bills_are_cancelled"),
    ],
)
def test_a_correction_that_contradicts_itself_is_refused(
    scoped: Utility, bill: Invoice, changes: dict[str, object], rule: str
) -> None:
    del scoped
    row = Invoice.objects.get(pk=a_draft(contract=a_customer()))
    if changes.pop("own", False):
        row.corrects = bill
    row.pk, row.contract = None, a_customer()
    for name, value in changes.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        row.save(force_insert=True)


CLERKS = 8


class CrashError(RuntimeError):
    """The process fails after it issued."""


@pytest.mark.django_db(transaction=True)
def test_eight_clerks_who_issue_credit_and_crash_leave_no_gap_in_any_series() -> None:
    utility = a_utility()
    with utility_scope(utility):
        a_tariff()
        drafts = [[a_draft(contract=a_customer()) for _n in range(3)] for _clerk in range(CLERKS)]
    together = Barrier(CLERKS)

    def work(clerk: int) -> None:
        chance = Random(clerk)  # noqa: S311 - a repeatable shuffle, no secret
        try:
            together.wait(timeout=60)
            for draft in drafts[clerk]:
                for _try in range(3):
                    with suppress(CrashError):
                        _issue_and_credit(utility, draft, crashes=chance.random() < 1 / 3)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLERKS) as clerks:
        list(clerks.map(work, range(CLERKS)))

    with utility_scope(utility):
        for kind, prefix in ((InvoiceKind.PERIOD, ""), (InvoiceKind.CREDIT, "C")):
            numbers = Invoice.objects.filter(kind=kind, number__isnull=False).values_list("number", flat=True)
            expected = [f"{prefix}2026-{n:06d}" for n in range(1, len(numbers) + 1)]
            assert len(numbers) > CLERKS
            assert sorted(map(str, numbers)) == expected
        # The digests follow one another in the order of the numbers, whoever took them.
        assert broken_links() == {}


def _issue_and_credit(utility: Utility, draft: int, *, crashes: bool) -> None:
    with utility_scope(utility), transaction.atomic():
        (bill,) = issue_invoices(invoice_ids=[draft], at=AFTER_JANUARY)
        heat = bill.lines.get(kind="energy")
        with suppress(CannotCorrectError):
            credit_lines(bill=bill, parts={heat.pk: 100}, ground=agreed(None), at=LATER)
        if crashes:
            raise CrashError
