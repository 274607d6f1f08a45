from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from metering.admin.estimate_forms import EstimateForm
from metering.models import Connectivity, Device, Installation


class InstallationInline(TabularInline):
    """Where a device hangs and hung."""

    model = Installation
    autocomplete_fields = ("household", "building", "substation")
    extra = 0
    tab = True


@admin.register(Device)
class DeviceAdmin(ModelAdmin):
    """Meters, sensors, gateways and controllers."""

    list_display = ("serial", "identity", "kind", "manufacturer", "model_name", "gateway")
    list_filter = ("kind", "manufacturer")
    list_select_related = ("gateway",)
    search_fields = ("serial", "identity", "manufacturer", "model_name")
    autocomplete_fields = ("gateway",)
    inlines = (InstallationInline,)
    actions_detail = ("estimate_register",)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Estimate the register"),
        url_path="estimate",
        permissions=["change"],
        dialog={"title": _("Estimate the register"), "form_class": EstimateForm},
    )
    def estimate_register(self, request: HttpRequest, form: EstimateForm, object_id: int) -> HttpResponse:
        """Past the last reading of a meter that is silent, so that its home can be billed."""
        page = reverse("admin:metering_device_change", args=[object_id])
        try:
            form.record(at=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponse(headers={"HX-Redirect": page})
        messages.success(request, gettext("The estimate is recorded. It gives way when a reading comes."))
        return HttpResponse(headers={"HX-Redirect": reverse("admin:metering_registerestimate_changelist")})


@admin.register(Installation)
class InstallationAdmin(ModelAdmin):
    """What hangs where, from when to when."""

    list_display = ("device", "household", "building", "substation", "starts_at", "ends_at")
    list_filter = ("device__kind",)
    list_select_related = ("device", "household__building", "building", "substation")
    search_fields = ("device__serial", "device__identity", "household__customer_number")
    autocomplete_fields = ("device", "household", "building", "substation")


@admin.register(Connectivity)
class ConnectivityAdmin(ModelAdmin):
    """Who is on line; devices say so themselves."""

    list_display = ("device", "online", "at")
    list_filter = ("online", "device__kind")
    list_select_related = ("device",)
    search_fields = ("device__serial", "device__identity")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody types what a device has to say."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002 - as above
        """As adding."""
        return False
