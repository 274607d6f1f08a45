from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from accounts.admin.rights import person
from accounts.scope import utility_in_scope
from billing.admin.read_only import ReadOnlyAdmin, money_text
from billing.enums import RefundReason
from billing.models import Dispute, PaymentAttempt, PaymentRules, PayoutShare, Refund
from billing.operations.refunds import (
    RefundError,
    RefundRequest,
    decide_refund,
    refundable_minor,
    request_refund,
)


class RefundForm(forms.Form):
    """What a clerk says of a refund."""

    amount = forms.DecimalField(label=gettext_lazy("Amount"), min_value=0, decimal_places=2, max_digits=12)
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[pair for pair in RefundReason.choices if pair[0] != RefundReason.EXTERNAL],
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, widget=forms.Textarea)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Money on its way back; above the limit a second person agrees here."""

    list_display = ("contract", "amount", "reason", "state", "requested_by", "decided_by", "requested_at")
    list_filter = ("state", "reason", "requested_at")
    list_select_related = ("contract__household__building", "requested_by", "decided_by")
    search_fields = ("attempt__invoice__number", "provider_refund_id", "note")
    ordering = ("-requested_at",)
    actions = ("agree", "reject")
    fields = readonly_fields = (
        "contract",
        "attempt",
        "amount",
        "reason",
        "state",
        "needs_second_person",
        "requested_by",
        "requested_at",
        "decided_by",
        "decided_at",
        "ended_at",
        "provider_refund_id",
        "note",
    )

    def get_urls(self) -> list[URLPattern]:
        """And the page where a refund is asked for."""
        ask = self.admin_site.admin_view(self.ask)
        return [path("ask/<uuid:attempt_id>/", ask, name="billing_refund_ask"), *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whoever may work in billing."""
        return request.user.has_perm("billing.change_refund")

    def ask(self, request: HttpRequest, attempt_id: object) -> HttpResponse:
        """Ask for a part of a payment to go back."""
        attempt = get_object_or_404(PaymentAttempt.objects.select_related("invoice"), pk=attempt_id)
        if not self.has_decide_permission(request):
            return self._back(request, attempt, _("Your role gives no money back."), messages.ERROR)
        form = RefundForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._request(request, attempt, form.cleaned_data)
        left = money_text(refundable_minor(attempt), attempt.currency)
        context = {**self.admin_site.each_context(request), "form": form, "attempt": attempt, "left": left}
        context |= {"title": _("Give back a payment"), "opts": self.model._meta}
        return render(request, "admin/billing/refund/ask.html", context)

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount(self, refund: Refund) -> str:
        """The amount as people write it."""
        return money_text(refund.amount_minor, refund.currency)

    @admin.action(description=gettext_lazy("Agree, and send the money back"), permissions=["decide"])
    def agree(self, request: HttpRequest, refunds: QuerySet[Refund]) -> None:
        """The second person's yes."""
        self._decide(request, refunds, agreed=True)

    @admin.action(description=gettext_lazy("Reject"), permissions=["decide"])
    def reject(self, request: HttpRequest, refunds: QuerySet[Refund]) -> None:
        """The second person's no."""
        self._decide(request, refunds, agreed=False)

    def _decide(self, request: HttpRequest, refunds: QuerySet[Refund], *, agreed: bool) -> None:
        decided = 0
        for refund in refunds.select_related("attempt__invoice"):
            try:
                decide_refund(refund=refund, by=person(request), agreed=agreed, at=timezone.now())
                decided += 1
            except RefundError as error:
                self.message_user(request, str(error), messages.ERROR)
        text = ngettext("%(count)s refund is decided.", "%(count)s refunds are decided.", decided)
        self.message_user(request, text % {"count": decided}, messages.SUCCESS)

    def _request(self, request: HttpRequest, attempt: PaymentAttempt, asked: dict[str, Any]) -> HttpResponse:
        refund_request = RefundRequest(
            attempt=attempt,
            amount_minor=int(asked["amount"] * 100),
            reason=RefundReason(asked["reason"]),
            by=person(request),
            note=asked["note"],
        )
        try:
            refund = request_refund(request=refund_request, at=timezone.now())
        except RefundError as error:
            return self._back(request, attempt, str(error), messages.ERROR)
        text = _("A second person has to agree.") if refund.needs_second_person else _("It is on its way.")
        return self._back(request, attempt, text, messages.SUCCESS)

    def _back(self, request: HttpRequest, attempt: PaymentAttempt, text: str, level: int) -> HttpResponse:
        self.message_user(request, text, level)
        return HttpResponseRedirect(reverse("admin:billing_paymentattempt_change", args=[attempt.pk]))


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Cardholders' objections, and until when they are to be answered at the provider."""

    list_display = ("attempt", "amount", "reason", "state", "opened_at", "answer_by", "closed_at")
    list_filter = ("state", "opened_at")
    list_select_related = ("attempt__invoice",)
    search_fields = ("provider_dispute_id", "attempt__invoice__number")
    ordering = ("-opened_at",)
    fields = readonly_fields = (
        "attempt",
        "provider_dispute_id",
        "amount",
        "reason",
        "state",
        "opened_at",
        "answer_by",
        "closed_at",
    )

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount(self, dispute: Dispute) -> str:
        """The amount as people write it."""
        return money_text(dispute.amount_minor, dispute.currency)


@admin.register(PayoutShare)
class PayoutShareAdmin(ReadOnlyAdmin):
    """What the provider sent to the bank for this utility."""

    list_display = ("payout", "amount", "movements", "arrives_on", "failed_at")
    list_select_related = ("payout",)
    ordering = ("-pk",)
    fields = readonly_fields = ("payout", "amount", "movements", "arrives_on", "failed_at")

    @admin.display(description=gettext_lazy("amount"), ordering="net_minor")
    def amount(self, share: PayoutShare) -> str:
        """The amount as people write it."""
        return money_text(share.net_minor, share.payout.currency)

    @admin.display(description=gettext_lazy("arrives"), ordering="payout__arrives_on")
    def arrives_on(self, share: PayoutShare) -> object:
        """When the bank has it."""
        return share.payout.arrives_on

    @admin.display(description=gettext_lazy("failed"), ordering="payout__failed_at")
    def failed_at(self, share: PayoutShare) -> object:
        """When the bank sent it back."""
        return share.payout.failed_at


@admin.register(PaymentRules)
class PaymentRulesAdmin(ModelAdmin):
    """The utility's limits; one row, made once."""

    list_display = ("__str__", "refund_alone_up_to_minor", "plan_instalments_resident", "plan_grace_days")

    def has_add_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        # Django asks on the desk's first page too, where there may be no utility yet.
        is_free = utility_in_scope() is not None and not PaymentRules.objects.exists()
        return bool(super().has_add_permission(request)) and is_free
