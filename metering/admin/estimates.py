from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts.admin.rights import ReadOnly, person
from metering.models import RegisterEstimate
from metering.operations.estimates import take_back
from metering.queries.estimates import estimates


@admin.register(RegisterEstimate)
class RegisterEstimateAdmin(ReadOnly, ModelAdmin):
    """Registers that people estimated past a meter's last reading, and whether they still count."""

    list_display = ("device", "estimated_at", "energy_wh", "counts", "made_at", "made_by", "reason")
    list_select_related = ("device", "made_by")
    search_fields = ("device__serial", "reason")
    actions_detail = ("withdraw",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisterEstimate]:  # noqa: ARG002 - Django's signature
        """With what became of each."""
        return estimates()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """The newest first."""
        return ("-made_at", "-pk")

    @admin.display(description=_("counts"), boolean=True)
    def counts(self, estimate: Any) -> bool:  # noqa: ANN401 - an annotated row
        """Whether bills take it: no reading has come since, and nobody took it back."""
        return bool(estimate.is_in_force)

    def has_withdraw_permission(self, request: HttpRequest, _object_id: object = None) -> bool:
        """Who may estimate may take back, though the row itself is read only."""
        return request.user.has_perm("metering.change_registerestimate")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Take back"), url_path="withdraw", permissions=["withdraw"]
    )
    def withdraw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Let it count no more."""
        estimate = get_object_or_404(self.get_queryset(request), pk=object_id)
        take_back(estimate=estimate, made_by=person(request), at=timezone.now())
        messages.success(request, gettext("The estimate is taken back."))
        return HttpResponse(
            status=302, headers={"Location": reverse("admin:metering_registerestimate_changelist")}
        )
