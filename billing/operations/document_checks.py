"""The nightly question: are issued bills with their corrections what they would be today, and unchanged?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from billing.enums import FindingKind
from billing.models import DocumentCheck, DocumentFinding, Invoice
from billing.operations.replays import Revision, revisions
from billing.queries.verification import all_proof_faults, broken_links


def check_documents(*, clock: Callable[[], datetime]) -> DocumentCheck:
    """Rate all bills in force anew, recompute all proofs, and write down what was found.

    Nothing is corrected: a clerk looks at the findings and issues what is due. Findings of earlier
    checks stay as they were; the newest check is the one that counts.
    """
    started_at = clock()
    bills, difference_minor, findings = 0, 0, []
    for revision in revisions():
        bills += 1
        difference_minor += revision.difference_minor
        findings += _of_revision(revision)
    proofs, broken = _broken()
    invoices = Invoice.objects.in_bulk(broken)
    findings += [
        DocumentFinding(
            invoice=invoices[invoice_id],
            kind=FindingKind.BROKEN,
            before_minor=invoices[invoice_id].total_minor,
            after_minor=invoices[invoice_id].total_minor,
            detail=" ".join(sentences),
        )
        for invoice_id, sentences in sorted(broken.items())
    ]
    with transaction.atomic():
        check = DocumentCheck.objects.create(
            started_at=started_at,
            ended_at=clock(),
            bills=bills,
            proofs=proofs,
            difference_minor=difference_minor,
        )
        for finding in findings:
            finding.check_run = check
        DocumentFinding.objects.bulk_create(findings)
    return check


def _of_revision(revision: Revision) -> list[DocumentFinding]:
    if not (revision.fault or revision.differs):
        return []
    return [
        DocumentFinding(
            invoice=revision.bill,
            kind=FindingKind.UNRATED if revision.fault else FindingKind.DIFFERS,
            before_minor=revision.before_minor,
            after_minor=revision.after_minor,
            detail=revision.fault or "\n".join(row.formula for row in revision.added),
        )
    ]


def _broken() -> tuple[int, dict[int, list[str]]]:
    proofs = 0
    broken: dict[int, list[str]] = defaultdict(list)
    for count, wrong in all_proof_faults():
        proofs += count
        for invoice_id, sentences in wrong.items():
            broken[invoice_id] += sentences
    for invoice_id, sentence in broken_links().items():
        broken[invoice_id].append(sentence)
    return proofs, broken
