"""Files of readings that came in at the desk: what became of them, and who let them in."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scope import TenantModel
from metering.enums import ImportState

# What a worker has to get on with.
UNDER_WAY: Final = (ImportState.TRYING, ImportState.IMPORTING)
# The file is kept as long as somebody may need it.
KEPT: Final = (*UNDER_WAY, ImportState.TRIED)


class ReadingImport(TenantModel):
    """A file, its counts, and how far a worker is with it.

    The file stands in the row: whichever machine the worker runs on, and whatever was restarted, it is there.
    Finished, the row gives it away, keeps its digest, and never changes again.
    """

    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content = models.BinaryField(null=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    decimal_comma = models.BooleanField(_("decimal comma"))
    state = models.CharField(_("state"), max_length=16, choices=ImportState.choices)
    # Who decided that it be stored, and when; the readings say that they arrived then.
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    stored = models.PositiveBigIntegerField(_("stored"), default=0)
    duplicates = models.PositiveBigIntegerField(_("known already"), default=0)
    refused = models.PositiveBigIntegerField(_("refused"), default=0)
    # Known once all rows were looked at.
    rows_total = models.PositiveBigIntegerField(_("rows of the file"), null=True)
    share = models.FloatField(default=0.0)
    # When a worker last got on with it, and how many began since without getting on.
    touched_at = models.DateTimeField(null=True)
    starts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("import of readings")
        verbose_name_plural = _("imports of readings")
        indexes = [
            models.Index(fields=["state"], name="metering_imports_unfinished", condition=Q(state__in=KEPT))
        ]
        constraints = [
            models.CheckConstraint(
                name="metering_readingimport_every_row_counted",
                condition=Q(rows=models.F("stored") + models.F("duplicates") + models.F("refused")),
            ),
            models.CheckConstraint(
                name="metering_readingimport_file_until_finished",
                condition=Q(state__in=KEPT, content__isnull=False)
                | (~Q(state__in=KEPT) & Q(content__isnull=True)),
            ),
            models.CheckConstraint(
                name="metering_readingimport_decided_by_somebody",
                condition=Q(decided_by__isnull=False, decided_at__isnull=False)
                | (
                    Q(decided_by__isnull=True, decided_at__isnull=True)
                    & ~Q(state__in=[ImportState.IMPORTING, ImportState.IMPORTED])
                ),
            ),
        ]

    def __str__(self) -> str:
        """The file and when it came."""
        return f"{self.file_name} {self.made_at.isoformat()}"

    @property
    def under_way(self) -> bool:
        """Whether a worker has it to do."""
        return self.state in UNDER_WAY


class ReadingImportFault(TenantModel):
    """A row of a file that is no reading of ours, and why; ``column`` is empty where it is the whole row."""

    reading_import = models.ForeignKey(ReadingImport, on_delete=models.CASCADE, related_name="faults")
    line = models.PositiveBigIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=64, blank=True)
    reason = models.TextField(_("reason"))

    class Meta(TenantModel.Meta):
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        indexes = [models.Index(fields=["reading_import", "line"], name="metering_importfault_by_line")]
        constraints = [
            models.CheckConstraint(name="metering_importfault_has_a_reason", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        """Where and why."""
        return f"{self.line}, {self.column or '-'}: {self.reason}"
