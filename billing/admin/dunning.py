from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts.admin.rights import person
from billing.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, money_text
from billing.enums import InvoiceState
from billing.models import DunningStep, Instalment, Invoice, Letter, PaymentMandate, PaymentPlan
from billing.operations.plans import PlanError, PlanRequest, agree_plan


@admin.register(DunningStep)
class DunningStepAdmin(ModelAdmin):
    """When the utility reminds, and how it speaks then."""

    list_display = ("tone", "days_after_due")
    ordering = ("days_after_due",)


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """What customers were written about money, and whether it left."""

    list_display = ("subject", "kind", "contract", "written_at", "sent_at", "failures")
    list_filter = ("kind", "written_at", "sent_at")
    list_select_related = ("contract__household__building",)
    search_fields = ("invoice__number", "sent_to", "subject")
    ordering = ("-written_at",)
    fields = readonly_fields = (
        "contract",
        "invoice",
        "kind",
        "subject",
        "body",
        "written_at",
        "sent_at",
        "sent_to",
        "failures",
    )


@admin.register(PaymentMandate)
class PaymentMandateAdmin(ReadOnlyAdmin):
    """Who lets a card be charged, and in which words; residents switch it on and off."""

    list_display = ("contract", "label", "state", "agreed_by", "agreed_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("contract__household__building", "agreed_by")
    search_fields = ("label", "agreed_by__email", "contract__household__customer_number")
    ordering = ("-created_at",)
    fields = readonly_fields = (
        "contract",
        "label",
        "state",
        "text",
        "agreed_by",
        "created_at",
        "agreed_at",
        "ended_at",
    )


class InstalmentInline(ReadOnlyInline):
    """The parts of a plan."""

    model = Instalment
    fields = readonly_fields = ("due_on", "amount")

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, instalment: Instalment) -> str:
        return money_text(instalment.amount_minor, instalment.plan.currency)


class PlanForm(forms.Form):
    """What a clerk agrees with a customer."""

    number = forms.CharField(label=gettext_lazy("Number of the bill"))
    instalments = forms.IntegerField(label=gettext_lazy("Instalments"), min_value=2)
    first_on = forms.DateField(
        label=gettext_lazy("First instalment due"), widget=forms.DateInput(attrs={"type": "date"})
    )


@admin.register(PaymentPlan)
class PaymentPlanAdmin(ReadOnlyAdmin):
    """Overdue bills that are paid in instalments; while they are kept, reminders rest."""

    list_display = ("invoice", "amount", "agreed_at", "agreed_by", "broken_at", "fulfilled_at")
    list_filter = ("broken_at", "fulfilled_at")
    list_select_related = ("invoice", "agreed_by")
    search_fields = ("invoice__number",)
    ordering = ("-agreed_at",)
    actions_list = ("agree_page",)
    inlines = (InstalmentInline,)
    fields = readonly_fields = (
        "invoice",
        "amount",
        "agreed_at",
        "agreed_by",
        "broken_at",
        "fulfilled_at",
    )

    def get_urls(self) -> list[URLPattern]:
        """And the page where a plan is agreed."""
        view = self.admin_site.admin_view(self.agree)
        return [path("agree/", view, name="billing_plan_agree"), *super().get_urls()]

    @admin.display(description=gettext_lazy("agreed sum"), ordering="agreed_minor")
    def amount(self, plan: PaymentPlan) -> str:
        """The sum as people write it."""
        return money_text(plan.agreed_minor, plan.currency)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Agree on instalments"), url_path="agree-plan"
    )
    def agree_page(self, _request: HttpRequest) -> HttpResponse:
        """The way to the page where a plan is agreed."""
        return HttpResponseRedirect(reverse("admin:billing_plan_agree"))

    def agree(self, request: HttpRequest) -> HttpResponse:
        """Agree on instalments of an overdue bill, within a clerk's limits."""
        form = PlanForm(request.POST or None)
        may_agree = request.user.has_perm("billing.change_paymentplan")
        if request.method == "POST" and not may_agree:
            self.message_user(request, _("Your role agrees no instalments."), messages.ERROR)
        elif request.method == "POST" and form.is_valid():
            plan = self._agree(request, form)
            if plan is not None:
                return HttpResponseRedirect(reverse("admin:billing_paymentplan_change", args=[plan.pk]))
        context = {**self.admin_site.each_context(request), "form": form, "opts": self.model._meta}
        return render(request, "admin/billing/form.html", {**context, "title": _("Agree on instalments")})

    def _agree(self, request: HttpRequest, form: PlanForm) -> PaymentPlan | None:
        asked = form.cleaned_data
        invoice = Invoice.objects.filter(number=asked["number"], state=InvoiceState.ISSUED).first()
        if invoice is None:
            form.add_error("number", _("No issued bill has this number."))
            return None
        plan_request = PlanRequest(
            invoice=invoice,
            instalments=asked["instalments"],
            first_on=asked["first_on"],
            by=person(request),
            by_clerk=True,
        )
        try:
            return agree_plan(request=plan_request, at=timezone.now())
        except PlanError as error:
            form.add_error(None, str(error))
            return None
