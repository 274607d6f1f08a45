from __future__ import annotations

from typing import Protocol

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from billing.admin.previews import preview_page
from billing.admin.read_only import ReadOnlyInline
from billing.enums import TariffState
from billing.models import HeatingSeason, TariffComponent, TariffPlan, TariffVersion
from billing.operations.tariffs import TariffRefusedError, activate_backdated, activate_version


class Activate(Protocol):
    """One way to put a version in force."""

    def __call__(self, *, version: TariffVersion) -> TariffVersion: ...


def _is_draft(version: Model | None) -> bool:
    """Whether a version may still be edited; one that is not written yet may."""
    return not isinstance(version, TariffVersion) or version.state == TariffState.DRAFT


@admin.register(HeatingSeason)
class HeatingSeasonAdmin(ModelAdmin):
    """The days on which the utility heats."""

    list_display = ("starts_on", "ends_on")
    ordering = ("-starts_on",)


class VersionInline(ReadOnlyInline):
    """A plan's versions, to go on to."""

    model = TariffVersion
    fields = ("starts_on", "ends_on", "state", "payment_days")
    readonly_fields = fields
    show_change_link = True


@admin.register(TariffPlan)
class TariffPlanAdmin(ModelAdmin):
    """The tariff of a class of customers."""

    list_display = ("name", "customer_class")
    list_filter = ("customer_class",)
    search_fields = ("name",)
    inlines = (VersionInline,)


class ComponentInline(TabularInline):
    """The prices of a version, while it is a draft."""

    model = TariffComponent
    fields = (
        "position",
        "name",
        "kind",
        "unit",
        "per",
        "price",
        "tax_rate",
        "tax_category",
        "tax_basis",
        "offset",
        "factor",
        "above",
        "up_to",
        "banding",
        "edge_of",
        "edge_per",
        "months",
        "during",
        "incentive",
        "index",
    )
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)


@admin.register(TariffVersion)
class TariffVersionAdmin(ModelAdmin):
    """Prices for some days: edited as a draft, then put in force for good."""

    list_display = ("plan", "starts_on", "ends_on", "state")
    list_filter = ("state", "plan")
    list_select_related = ("plan",)
    search_fields = ("plan__name", "text")
    ordering = ("-starts_on",)
    fields = (
        "plan",
        "starts_on",
        "ends_on",
        "state",
        "payment_days",
        "rounding",
        "settlement",
        "surplus",
        "text",
    )
    readonly_fields = ("state",)
    inlines = (ComponentInline,)
    actions = ("put_in_force", "put_in_force_backdated")
    actions_detail = ("preview",)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Preview on last season's homes"), url_path="preview"
    )
    def preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show what the version would have cost each home."""
        version = self.get_object(request, str(object_id))
        if version is None or not self.has_view_permission(request, version):
            raise Http404
        return preview_page(request, version, site=self.admin_site)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_tariffversion")

    @admin.action(description=gettext_lazy("Put in force"), permissions=["activate"])
    def put_in_force(self, request: HttpRequest, versions: QuerySet[TariffVersion]) -> None:
        """Activate the chosen drafts, earliest first; what is refused says why."""
        self._activate(request, versions, activate_version)

    @admin.action(description=gettext_lazy("Put in force, though days are billed"), permissions=["activate"])
    def put_in_force_backdated(self, request: HttpRequest, versions: QuerySet[TariffVersion]) -> None:
        """As above; the bills of those days are corrected afterwards, each after a preview."""
        self._activate(request, versions, activate_backdated)

    def _activate(self, request: HttpRequest, versions: QuerySet[TariffVersion], activate: Activate) -> None:
        # One by one: what is wrong with one draft is no reason to keep the others back.
        for version in versions.order_by("starts_on"):
            try:
                activate(version=version)
            except TariffRefusedError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                text = _("%(version)s is in force.") % {"version": version}
                self.message_user(request, text, messages.SUCCESS)
