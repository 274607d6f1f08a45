from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Household, User
from accounts.period import TimedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel
from comfort.enums import EntryKind, Fault, TicketState
from comfort.models.room import Room


class ColdTicket(TenantModel):
    """The promise to look after a home that is under the minimum; at most one open a home.

    Its state and assignee are the last of its entries, kept here to be listed by.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="cold_tickets")
    opened_at = models.DateTimeField(_("opened"))
    state = models.CharField(_("state"), max_length=8, choices=TicketState.choices, default=TicketState.NEW)
    assignee = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("in hand of")
    )
    fault = models.CharField(_("cause"), max_length=8, choices=Fault.choices, default=Fault.UNKNOWN)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("cold home")
        verbose_name_plural = _("cold homes")
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=~Q(state=TicketState.CLOSED),
                name="comfort_coldticket_one_open_a_home",
            ),
            models.CheckConstraint(
                name="comfort_coldticket_known_state", condition=Q(state__in=TicketState.values)
            ),
            # Whose fault it was decides on a refund, so nothing is closed without it.
            models.CheckConstraint(
                name="comfort_coldticket_closed_with_a_cause",
                condition=Q(state=TicketState.CLOSED, closed_at__isnull=False) & ~Q(fault=Fault.UNKNOWN)
                | ~Q(state=TicketState.CLOSED) & Q(closed_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="comfort_coldticket_queue")]

    def __str__(self) -> str:
        """The home and how far it came."""
        return f"{self.household}: {self.get_state_display()}"


class ColdSpell(TenantModel, TimedModel):
    """The service-level record: a home was under the minimum from ``starts_at`` to ``ends_at``.

    Written by the watch, never by hand. While it runs only its extent grows; once ended it never changes.
    """

    ticket = models.ForeignKey(ColdTicket, on_delete=models.PROTECT, related_name="spells")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="cold_spells")
    # The room that was under it first; the evidence has all of them.
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("room")
    )
    sensor_id = models.BigIntegerField(_("sensor"))
    confirmed_at = models.DateTimeField(_("confirmed"))
    minimum_c = models.FloatField(_("minimum, °C"))
    lowest_c = models.FloatField(_("lowest, °C"))
    # The area between the minimum and the room, in kelvin-hours.
    shortfall_k_h = models.FloatField(_("shortfall, K·h"), default=0.0)
    # Rooms, outdoors and water when it was confirmed, each with its instant: see `comfort.operations.cold`.
    evidence = models.JSONField(_("evidence"))

    class Meta(TenantModel.Meta):
        verbose_name = _("time under the minimum")
        verbose_name_plural = _("times under the minimum")
        constraints = [
            ends_after_start("comfort_coldspell_ends_after_start", kind=TimedModel),
            no_overlap("comfort_coldspell_no_overlap", "household", kind=TimedModel),
            models.CheckConstraint(
                name="comfort_coldspell_is_under_the_minimum", condition=Q(lowest_c__lt=F("minimum_c"))
            ),
            models.CheckConstraint(
                name="comfort_coldspell_confirmed_after_its_start",
                condition=Q(confirmed_at__gte=F("starts_at"), shortfall_k_h__gte=0),
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="comfort_coldspell_by_time")]

    def __str__(self) -> str:
        """How cold it was."""
        return f"{self.lowest_c:.1f} °C < {self.minimum_c:.1f} °C"


class TicketEntry(TenantModel):
    """One step of a ticket: what was done or found, by whom. Append-only."""

    ticket = models.ForeignKey(ColdTicket, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField(_("at"))
    # Empty where the watch wrote it.
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    kind = models.CharField(_("what"), max_length=8, choices=EntryKind.choices)
    note = models.CharField(_("note"), max_length=1000, blank=True)
    # Whether the residents of the home read the note; that something happened they always see.
    for_residents = models.BooleanField(_("for the residents too"), default=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.CheckConstraint(
                name="comfort_ticketentry_known_kind", condition=Q(kind__in=EntryKind.values)
            ),
            models.CheckConstraint(
                name="comfort_ticketentry_a_note_has_words", condition=~Q(kind=EntryKind.NOTE, note="")
            ),
        ]

    def __str__(self) -> str:
        """What happened."""
        return str(self.get_kind_display())
