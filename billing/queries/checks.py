"""What the newest check of documents found."""

from __future__ import annotations

from django.db.models import QuerySet

from billing.enums import FindingKind
from billing.models import DocumentCheck, DocumentFinding


def newest_check() -> DocumentCheck | None:
    """The check that counts; None where none was made yet."""
    return DocumentCheck.objects.order_by("-pk").first()


def findings_now() -> QuerySet[DocumentFinding]:
    """The findings of the newest check, by document."""
    check = newest_check()
    return DocumentFinding.objects.filter(check_run=check).order_by("invoice")


def bills_to_correct() -> list[int]:
    """Bills that the newest check found to differ, by their keys."""
    found = findings_now().filter(kind=FindingKind.DIFFERS)
    return list(found.values_list("invoice", flat=True))
