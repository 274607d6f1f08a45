"""The sidebar: what a clerk may open, grouped by the work it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Utility
from accounts.scope import TenantModel, utility_in_scope
from billing.queries.checks import findings_now
from comfort.queries.service import tickets_open
from config.desk.figures import quarantine_waiting
from config.desk.lists import list_address, sees_strangers
from control.queries.alarms import standing_counts


@dataclass(frozen=True, slots=True)
class Entry:
    """One model's list, ``app.Model``, and its Material symbol."""

    model: str
    icon: str


GROUPS: Final[Sequence[tuple[Promise, Sequence[Entry]]]] = (
    (
        _("Network"),
        (
            Entry("accounts.HeatSource", "factory"),
            Entry("accounts.Substation", "heat_pump"),
            Entry("accounts.Building", "apartment"),
            Entry("accounts.Household", "home"),
            Entry("accounts.Outage", "power_off"),
        ),
    ),
    (
        _("Metering"),
        (
            Entry("metering.QuarantinedMessage", "report"),
            Entry("metering.ReadingFlag", "rule"),
            Entry("metering.ReadingEdit", "history_edu"),
            Entry("metering.MeterExchange", "published_with_changes"),
            Entry("metering.RegisterEstimate", "query_stats"),
            Entry("metering.Device", "sensors"),
            Entry("metering.Installation", "handyman"),
            Entry("metering.Reading", "speed"),
            Entry("metering.RoomTemperature", "thermostat"),
            Entry("metering.Connectivity", "cell_tower"),
            Entry("metering.ReadingGap", "signal_disconnected"),
            Entry("metering.ReadingExport", "download"),
            Entry("metering.ReadingImport", "upload"),
            Entry("metering.TelemetryTag", "label"),
            Entry("metering.TagLimits", "notifications_active"),
            Entry("metering.TagPath", "route"),
            Entry("metering.StorageRules", "inventory_2"),
        ),
    ),
    (
        _("Billing"),
        (
            Entry("billing.Invoice", "receipt_long"),
            Entry("billing.DocumentFinding", "difference"),
            Entry("billing.PaymentAttempt", "credit_card"),
            Entry("billing.BankLine", "join_inner"),
            Entry("billing.PaymentPlan", "event_repeat"),
            Entry("billing.PaymentMandate", "autorenew"),
            Entry("billing.Letter", "mail"),
            Entry("billing.DunningStep", "notifications"),
            Entry("billing.MoneyCheck", "balance"),
            Entry("billing.Refund", "undo"),
            Entry("billing.Dispute", "gavel"),
            Entry("billing.PayoutShare", "account_balance_wallet"),
            Entry("billing.PaymentRules", "rule"),
            Entry("billing.TariffPlan", "sell"),
            Entry("billing.TariffVersion", "price_change"),
            Entry("billing.JournalEntry", "account_balance"),
            Entry("billing.WebhookEvent", "inbox"),
            Entry("billing.DocumentCheck", "fact_check"),
            Entry("billing.Letterhead", "edit_document"),
            Entry("billing.FuelMix", "local_fire_department"),
            Entry("billing.DegreeDays", "ac_unit"),
        ),
    ),
    (
        _("Comfort"),
        (
            Entry("comfort.ColdTicket", "severe_cold"),
            Entry("comfort.Feedback", "sentiment_satisfied"),
            Entry("comfort.Room", "meeting_room"),
        ),
    ),
    (
        _("Control"),
        (
            Entry("control.Alarm", "notifications_active"),
            Entry("control.SubstationControl", "tune"),
            Entry("control.Target", "my_location"),
            Entry("control.ValveControl", "valve"),
            Entry("control.ValveTarget", "water_drop"),
            Entry("control.OutdoorForecast", "partly_cloudy_day"),
            Entry("control.AlarmRule", "rule"),
            Entry("control.RolloutStage", "stairs"),
            Entry("control.EnergyFactor", "co2"),
        ),
    ),
    (
        _("People"),
        (
            Entry("accounts.User", "person"),
            Entry("accounts.Membership", "key"),
            Entry("accounts.Contract", "contract"),
            Entry("accounts.StaffRole", "badge"),
            Entry("accounts.AuditEntry", "history"),
            Entry("accounts.Utility", "domain"),
        ),
    ),
)


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar in unfold's form; without a utility in scope only what stands above the wall."""
    home = {"title": _("Overview"), "icon": "dashboard", "link": reverse("admin:index")}
    return [
        {"items": [home, *_pages(request)]},
        *(
            {"title": title, "separator": True, "items": list(_items(entries, request))}
            for title, entries in GROUPS
        ),
    ]


def utility_name(_request: HttpRequest) -> str:
    """The utility whose desk this is; shown beneath the name of the house."""
    utility = Utility.objects.filter(pk=utility_in_scope() or 0).first()
    return utility.name if utility else str(_("No utility chosen"))


def _pages(request: HttpRequest) -> Iterator[dict[str, Any]]:
    if utility_in_scope() is None:
        return
    for title, icon, name, permission in PAGES:
        if request.user.has_perm(permission):
            yield {"title": title, "icon": icon, "link": reverse(name)}


def _items(entries: Sequence[Entry], request: HttpRequest) -> Iterator[dict[str, Any]]:
    for entry in entries:
        link = list_address(entry.model, request)
        if link is None:
            continue
        title = str(apps.get_model(entry.model)._meta.verbose_name_plural)
        item = {"title": title[:1].upper() + title[1:], "icon": entry.icon, "link": link}
        if waiting := _waiting(entry.model, request):
            item |= {"badge": str(waiting), "badge_variant": "warning", "badge_style": "solid"}
        yield item


def _waiting(model: str, request: HttpRequest) -> int:
    """How much waits for a person there; nothing of a utility's own where none is chosen."""
    count = WAITING.get(model)
    is_nobodys = utility_in_scope() is None and issubclass(apps.get_model(model), TenantModel)
    return 0 if count is None or is_nobodys else count(request)


# The operators' own pages: title, symbol, address, and the right to see them.
PAGES: Final = (
    (_("Customers"), "person_search", "desk-customers", "accounts.view_household"),
    (_("Network"), "hub", "desk-network", "control.view_substationcontrol"),
    (_("Distribution losses"), "water_loss", "desk-losses", "metering.view_device"),
    (_("Heat sources"), "factory", "desk-sources", "control.view_substationcontrol"),
    (_("Comfort report"), "thermometer", "desk-comfort", "comfort.view_feedback"),
    (_("Heat index"), "bar_chart", "desk-heat-index", "metering.view_reading"),
    (_("Saving"), "savings", "desk-saving", "control.view_substationcontrol"),
)
# The lists whose number of waiting rows stands beside them.
WAITING: Final[Mapping[str, Callable[[HttpRequest], int]]] = {
    "metering.QuarantinedMessage": lambda request: quarantine_waiting(strangers=sees_strangers(request)),
    "billing.DocumentFinding": lambda _request: findings_now().count(),
    "comfort.ColdTicket": lambda _request: tickets_open(),
    "control.Alarm": lambda _request: standing_counts().total(),
}
