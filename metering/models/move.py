from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Household, User
from accounts.scope import TenantModel


class MoveOut(TenantModel):
    """Somebody told on which day they leave a home, and what they read on the meter's dial."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="moves_out")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("who"))
    moves_on = models.DateField(_("first day away"))
    # The bill follows the meter's own register at that midnight; this is what a clerk compares it with.
    said_wh = models.BigIntegerField(_("read on the dial, Wh"), null=True, blank=True)
    told_at = models.DateTimeField(_("told"))
    cancelled_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    # What ended with it and how it would have ended otherwise: membership and contract keys to dates.
    ended = models.JSONField(default=dict, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("move out")
        verbose_name_plural = _("moves out")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "user"],
                condition=Q(cancelled_at=None),
                name="metering_moveout_told_once",
            ),
            models.CheckConstraint(
                name="metering_moveout_register_is_a_register",
                condition=Q(said_wh__isnull=True) | Q(said_wh__gte=0),
            ),
        ]

    def __str__(self) -> str:
        """Who, and when."""
        return f"{self.user}, {self.moves_on}"
