"""Drawing up invoices: rated lines written down as drafts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import Contract
from accounts.period import Period, end_of
from accounts.scope import current_utility_id
from billing.formulas import Json
from billing.models import Invoice, InvoiceLine
from billing.operations.copying import copy_in, copy_models, json_text, next_keys, text
from billing.operations.rated import Rated, rate_contracts
from billing.proofs import digest, line_proof
from billing.queries.facts import Skipped
from billing.rating.lines import Line
from billing.rating.written import Terms, Written, write


class CannotBillError(ValueError):
    """One contract was to be billed and could not be; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """New drafts, and the contracts that got none."""

    invoices: list[Invoice]
    skipped: list[Skipped]


@transaction.atomic
def draft_invoice(*, contract: Contract, period: Period[date], at: datetime) -> Invoice:
    """The draft of one contract's bill.

    Raises:
        PeriodNotOverError: the period ends after today.
        CannotBillError: facts are missing, or some of the days are billed.
    """
    drafted = draft_invoices(contract_ids=[contract.pk], period=period, at=at)
    for skipped in drafted.skipped:
        raise CannotBillError(f"{skipped.reason.label}: {skipped.detail}")
    return drafted.invoices[0]


@transaction.atomic
def draft_invoices(*, contract_ids: Collection[int], period: Period[date], at: datetime) -> Drafted:
    """Drafts for many contracts of the utility in scope; earlier drafts of the same days are replaced.

    Raises:
        PeriodNotOverError: the period ends after today.
    """
    rated, skipped = rate_contracts(contract_ids=contract_ids, period=period, at=at)
    remove_replaced(rated)
    invoices = new_invoices(rated, at=at)
    copy_models(invoices)
    copy_lines(invoices, rated)
    return Drafted(invoices=invoices, skipped=skipped)


def remove_replaced(rated: Sequence[Rated]) -> None:
    """Delete earlier drafts of the same days: the database lets no day of a contract stand on two bills."""
    replaced = [one.replaces.pk for one in rated if one.replaces is not None]
    if replaced:
        InvoiceLine.objects.filter(invoice__in=replaced).delete()
        Invoice.objects.filter(pk__in=replaced).delete()


def new_invoices(rated: Sequence[Rated], *, at: datetime) -> list[Invoice]:
    """The rows of new drafts with their keys, not yet stored."""
    keys = next_keys(Invoice, len(rated))
    # What a model does for each name it is given costs more than rating: all columns come in their order.
    blank = {field.attname: field.get_default() for field in Invoice._meta.concrete_fields}
    return [_new_invoice(key, one, blank, at=at) for key, one in zip(keys, rated, strict=True)]


def _new_invoice(key: int, one: Rated, blank: Mapping[str, Any], *, at: datetime) -> Invoice:
    net_minor, tax_minor = one.net_minor, one.tax_minor
    own = {
        "id": key,
        "period_start": one.facts.period.start,
        "period_end": end_of(one.facts.period),
        "drafted_at": at,
        "currency": one.facts.home.currency,
        "net_minor": net_minor,
        "tax_minor": tax_minor,
        "total_minor": net_minor + tax_minor,
    }
    invoice = Invoice(*{**blank, **own}.values())
    invoice.contract = one.facts.contract
    invoice.household = one.facts.contract.household
    return invoice


# What differs from line to line comes first; the rest is the same for all homes rated alike.
_OWN = (
    "invoice_id",
    "position",
    "quantity",
    "net_minor",
    "tax_minor",
    "quality",
    "formula",
    "trace",
    "sha256",
)
_SHARED = (
    *("component_id", "kind", "description", "period_start", "period_end"),
    *("unit", "unit_price", "rounding", "tax_rate", "utility_id"),
)


def copy_lines(invoices: Sequence[Invoice], rated: Sequence[Rated]) -> dict[int, list[str]]:
    """Store the lines of invoices, even before the invoices themselves; the lines' digests by invoice."""
    digests = {
        invoice.pk: [digest(_proof(position, line)) for position, line in enumerate(one.lines, start=1)]
        for invoice, one in zip(invoices, rated, strict=True)
    }
    copy_in(InvoiceLine, [*_OWN, *_SHARED], _lines(invoices, rated, digests))
    return digests


def _proof(position: int, line: Written) -> Json:
    return line_proof(
        position=position,
        description=line.terms.description,
        formula=line.formula,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
        trace=line.trace,
    )


def _lines(
    invoices: Sequence[Invoice], rated: Sequence[Rated], digests: Mapping[int, Sequence[str]]
) -> Iterator[str]:
    utility_id = current_utility_id()
    known: dict[int, str] = {}
    for invoice, one in zip(invoices, rated, strict=True):
        for position, (line, sha256) in enumerate(zip(one.lines, digests[invoice.pk], strict=True), start=1):
            terms = known.get(id(line.terms))
            if terms is None:
                terms = known[id(line.terms)] = f"{_terms(line.terms)}\t{utility_id}"
            yield f"{invoice.pk}\t{position}\t{_own(line)}\t{sha256}\t{terms}"


def _own(line: Written) -> str:
    amounts = f"{line.quantity}\t{line.net_minor}\t{line.tax_minor}"
    return f"{amounts}\t{line.quality}\t{text(line.formula)}\t{json_text(line.trace)}"


def _terms(terms: Terms) -> str:
    return "\t".join(
        map(
            text,
            (
                terms.component_id,
                terms.kind.value,
                terms.description,
                terms.period_start,
                terms.period_end,
                terms.unit.value,
                terms.unit_price,
                terms.rounding.value,
                terms.tax_rate,
            ),
        )
    )


def line_row(invoice: Invoice, position: int, line: Line) -> InvoiceLine:
    """The row of a rated line, not yet saved, with the digest of its proof."""
    written = write(line)
    terms = written.terms
    return InvoiceLine(
        invoice=invoice,
        position=position,
        component_id=terms.component_id,
        kind=terms.kind.value,
        description=terms.description,
        period_start=terms.period_start,
        period_end=terms.period_end,
        quantity=Decimal(written.quantity),
        unit=terms.unit.value,
        unit_price=terms.unit_price,
        rounding=terms.rounding.value,
        net_minor=written.net_minor,
        tax_rate=terms.tax_rate,
        tax_minor=written.tax_minor,
        quality=written.quality,
        formula=written.formula,
        trace=written.trace,
        sha256=digest(_proof(position, written)),
    )
