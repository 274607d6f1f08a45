from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import ChangeKind
from accounts.models.network import Household
from accounts.scope import TenantModel


class HomeChange(TenantModel):
    """When a thing of a home last changed, told by the transaction that did it. Written by triggers alone.

    One row a thing, for ever: a thing that was deleted stays as ``gone``. See `accounts.queries.changes`.
    """

    # No constraint: a home may be deleted in the transaction that deletes its things.
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, db_constraint=False, related_name="changes"
    )
    kind = models.CharField(_("what"), max_length=16, choices=ChangeKind.choices)
    object_id = models.BigIntegerField()
    # The 64-bit number of the transaction, which never wraps.
    xid = models.BigIntegerField()
    gone = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "kind", "object_id"], name="accounts_homechange_one_a_thing"
            ),
            models.CheckConstraint(
                name="accounts_homechange_known_kind", condition=Q(kind__in=ChangeKind.values)
            ),
        ]
        indexes = [models.Index(fields=["household", "xid", "id"], name="accounts_homechange_in_order")]

    def __str__(self) -> str:
        """What changed."""
        return f"{self.kind} {self.object_id}"
