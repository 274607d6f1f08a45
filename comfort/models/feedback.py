from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Household, User
from accounts.scope import TenantModel
from comfort.enums import Sensation
from comfort.models.room import Room


class Feedback(TenantModel):
    """One vote, and what was measured when it was given. Never changed: a new vote replaces it."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="feedback")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("resident"))
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sensation = models.SmallIntegerField(_("sensation"), choices=Sensation.choices)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    given_at = models.DateTimeField(_("given at"))
    # The resident's own name for this vote (Idempotency-Key): a repeated request stays one vote.
    key = models.CharField(max_length=255, blank=True)

    # The evidence: the newest values that were no older than their limit; empty where there were none.
    room_temperature_c = models.FloatField(_("room, °C"), null=True, blank=True)
    room_measured_at = models.DateTimeField(_("room measured at"), null=True, blank=True)
    outdoor_c = models.FloatField(_("outdoors, °C"), null=True, blank=True)
    supply_c = models.FloatField(_("supply, °C"), null=True, blank=True)
    supply_target_c = models.FloatField(_("supply target, °C"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.CheckConstraint(
                name="comfort_feedback_sensation_in_range", condition=Q(sensation__gte=-3, sensation__lte=3)
            ),
            models.CheckConstraint(
                name="comfort_feedback_room_value_has_its_instant",
                condition=Q(room_temperature_c__isnull=True, room_measured_at__isnull=True)
                | Q(room_temperature_c__isnull=False, room_measured_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["household", "key"], name="comfort_feedback_unique_key", condition=~Q(key="")
            ),
        ]
        indexes = [
            models.Index(fields=["household", "given_at"], name="comfort_feedback_by_home"),
            models.Index(fields=["given_at"], name="comfort_feedback_by_time"),
        ]

    def __str__(self) -> str:
        """What was felt."""
        return str(self.get_sensation_display())
