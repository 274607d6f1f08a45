from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import AuditAction
from accounts.models.people import User
from accounts.scope import TenantModel, UtilityKey


class AuditEntry(TenantModel):
    """What somebody changed: written by trigger, whichever way the change came. Never changed, never deleted.

    ``changed`` has the old and the new value of each column: one of them for a row that came or went.
    """

    # Nobody's where it is about a person, who stands above the wall.
    utility = UtilityKey(  # type: ignore[misc] # the one row that may be nobody's
        related_name="+", null=True, on_delete=models.DO_NOTHING, db_constraint=False
    )
    at = models.DateTimeField(_("at"))
    table = models.CharField(_("what"), max_length=63)
    row = models.CharField(_("row"), max_length=64)
    action = models.CharField(_("done"), max_length=6, choices=AuditAction.choices)
    # No foreign key: a trigger must never fail for who acted. Nobody where a process did it.
    actor_id = models.BigIntegerField(_("by"), null=True)
    reason = models.CharField(_("reason"), max_length=240, blank=True)
    changed = models.JSONField(_("changed"))

    class Meta(TenantModel.Meta):
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit")
        constraints = [
            models.CheckConstraint(
                name="accounts_auditentry_known_action", condition=Q(action__in=AuditAction.values)
            )
        ]
        indexes = [
            models.Index(fields=["table", "row"], name="accounts_auditentry_of_row"),
            models.Index(fields=["utility", "at"], name="accounts_auditentry_by_time"),
        ]

    def __str__(self) -> str:
        """What was done to what."""
        return f"{self.get_action_display()} {self.table} {self.row}"

    @property
    def actor(self) -> User | None:
        """Who it was, as far as they are still known."""
        return None if self.actor_id is None else User.objects.filter(pk=self.actor_id).first()
