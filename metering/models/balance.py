from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel


class UnbalancedBatch(TenantModel):
    """A batch some of whose records ended as nothing, or twice: a defect of ours, to be seen to. Append-only.

    Each utility that had a message in the batch has such a row; whose record it was nobody can say.
    """

    at = models.DateTimeField(_("at"))
    records = models.PositiveIntegerField(_("records"))
    stored = models.PositiveIntegerField(_("stored"))
    duplicates = models.PositiveIntegerField(_("known already"))
    quarantined = models.PositiveIntegerField(_("in quarantine"))

    class Meta(TenantModel.Meta):
        verbose_name = _("batch that does not balance")
        verbose_name_plural = _("batches that do not balance")
        constraints = [
            models.CheckConstraint(
                name="metering_unbalancedbatch_does_not_balance",
                condition=~Q(records=F("stored") + F("duplicates") + F("quarantined")),
            )
        ]
        indexes = [models.Index(fields=["utility", "at"], name="metering_unbalancedbatch_by_at")]

    def __str__(self) -> str:
        """When, and the sum that is not one."""
        return (
            f"{self.at.isoformat()}: {self.records} = {self.stored} + {self.duplicates} + {self.quarantined}"
        )
