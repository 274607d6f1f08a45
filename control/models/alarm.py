from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Building, HeatSource, Substation, User, Utility
from accounts.scope import TenantModel
from control.enums import AlarmKind, AlarmStep, Severity


class AlarmRule(TenantModel):
    """What a utility holds against the plant instead of `control.alarms.rules`."""

    kind = models.CharField(_("alarm"), max_length=16, choices=AlarmKind.choices)
    is_enabled = models.BooleanField(_("watched"), default=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    threshold = models.FloatField(_("threshold"))
    hysteresis = models.FloatField(_("hysteresis"), default=0.0)
    on_delay = models.DurationField(_("raised after"))
    off_delay = models.DurationField(_("cleared after"))
    escalate_after = models.DurationField(_("escalated after"))

    class Meta(TenantModel.Meta):
        verbose_name = _("alarm rule")
        verbose_name_plural = _("alarm rules")
        constraints = [
            models.UniqueConstraint(fields=["utility", "kind"], name="control_alarmrule_once_a_kind"),
            models.CheckConstraint(
                name="control_alarmrule_known_words",
                condition=Q(kind__in=AlarmKind.values, severity__in=Severity.values),
            ),
            models.CheckConstraint(name="control_alarmrule_widens_only", condition=Q(hysteresis__gte=0)),
        ]

    def __str__(self) -> str:
        """The kind."""
        return str(self.get_kind_display())


class PlacedModel(TenantModel):
    """A rule at one place: a station, a building, a source or all of the utility; and one signal of it."""

    kind = models.CharField(_("alarm"), max_length=16, choices=AlarmKind.choices)
    substation = models.ForeignKey(
        Substation, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("substation")
    )
    building = models.ForeignKey(
        Building, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("building")
    )
    source = models.ForeignKey(
        HeatSource, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("heat source")
    )
    tag = models.CharField(_("signal"), max_length=64, blank=True)

    class Meta(TenantModel.Meta):
        abstract = True


PLACE = ("kind", "substation", "building", "source", "tag")
ONE_PLACE = (
    Q(substation__isnull=False, building=None, source=None)
    | Q(substation=None, building__isnull=False, source=None)
    | Q(substation=None, building=None, source__isnull=False)
    | Q(substation=None, building=None, source=None)
)


class AlarmWatch(PlacedModel):
    """What the debouncing remembers between two rounds."""

    since = models.DateTimeField()
    is_raised = models.BooleanField(default=False)
    kept_since = models.DateTimeField(null=True)

    class Meta(PlacedModel.Meta):
        verbose_name = _("alarm watch")
        verbose_name_plural = _("alarm watches")
        constraints = [
            models.UniqueConstraint(
                fields=["utility", *PLACE], name="control_alarmwatch_once_a_place", nulls_distinct=False
            ),
            models.CheckConstraint(name="control_alarmwatch_one_place", condition=ONE_PLACE),
        ]

    def __str__(self) -> str:
        """The kind."""
        return self.kind


class Alarm(PlacedModel):
    """Something is wrong, or was. What happened to it is its entries; the columns are the last of them."""

    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    began_at = models.DateTimeField(_("since"))
    raised_at = models.DateTimeField(_("raised"))
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True)
    # The newest value that broke the rule, and what it broke; how many stations the alarm stands for.
    value = models.FloatField(_("value"), null=True)
    limit = models.FloatField(_("limit"), null=True)
    stations = models.PositiveIntegerField(_("stations"), default=1)

    class Meta(PlacedModel.Meta):
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            # A storm is one alarm a place and kind, however often it comes and goes.
            models.UniqueConstraint(
                fields=["utility", *PLACE],
                condition=Q(cleared_at=None),
                name="control_alarm_stands_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="control_alarm_one_place", condition=ONE_PLACE),
            models.CheckConstraint(
                name="control_alarm_known_words",
                condition=Q(kind__in=AlarmKind.values, severity__in=Severity.values),
            ),
            models.CheckConstraint(
                name="control_alarm_in_order",
                condition=Q(raised_at__gte=F("began_at"))
                & (Q(cleared_at__isnull=True) | Q(cleared_at__gte=F("raised_at"))),
            ),
            models.CheckConstraint(
                name="control_alarm_acknowledged_by_somebody",
                condition=Q(acknowledged_at__isnull=True, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["cleared_at", "severity"], name="control_alarm_standing")]

    def __str__(self) -> str:
        """The kind and the place."""
        return f"{self.get_kind_display()}: {self.where}"

    @property
    def where(self) -> Substation | Building | HeatSource | Utility:
        """The place."""
        return self.substation or self.building or self.source or self.utility


class AlarmEntry(TenantModel):
    """One step in an alarm's history. Append-only."""

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField(_("at"))
    step = models.CharField(_("step"), max_length=12, choices=AlarmStep.choices)
    # Empty where the watch wrote it.
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=1000, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("alarm entry")
        verbose_name_plural = _("alarm entries")
        constraints = [
            models.CheckConstraint(
                name="control_alarmentry_known_step", condition=Q(step__in=AlarmStep.values)
            )
        ]
        indexes = [models.Index(fields=["alarm", "at"], name="control_alarmentry_by_alarm")]

    def __str__(self) -> str:
        """The step."""
        return str(self.get_step_display())
