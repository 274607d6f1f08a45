from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from accounts.admin.rights import is_superuser
from billing.admin.read_only import ReadOnlyAdmin, money_text
from billing.models import PaymentAttempt, WebhookEvent
from billing.operations.refunds import refundable_minor
from billing.operations.webhooks import process_again
from billing.queries.payments import events_in_scope


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    """Every try to pay a bill online, and what became of it."""

    list_display = ("invoice", "amount", "state", "created_at", "paid_at", "started_by", "note")
    list_filter = ("state", "created_at")
    list_select_related = ("invoice", "started_by")
    search_fields = ("invoice__number", "provider_session_id", "provider_payment_id", "started_by__email")
    ordering = ("-created_at",)
    # Named, because Django would make form fields of all it is not told to merely show.
    fields = readonly_fields = (
        "id",
        "invoice",
        "amount",
        "state",
        "note",
        "provider",
        "provider_session_id",
        "provider_payment_id",
        "url",
        "started_by",
        "locale",
        "created_at",
        "expires_at",
        "paid_at",
        "give_back",
    )

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount(self, attempt: PaymentAttempt) -> str:
        """The amount as people write it."""
        return money_text(attempt.amount_minor, attempt.currency)

    @admin.display(description=gettext_lazy("Give back"))
    def give_back(self, attempt: PaymentAttempt) -> str:
        """The way to a refund, where something is left to go back."""
        left = refundable_minor(attempt)
        if not left:
            return "-"
        address = reverse("admin:billing_refund_ask", args=[attempt.pk])
        return format_html('<a href="{}">{}</a>', address, money_text(left, attempt.currency))


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What the payment provider told us, whole, and what we made of it."""

    list_display = ("type", "state", "received_at", "processed_at", "failures", "error", "event_id")
    list_filter = ("state", "type", "received_at")
    search_fields = ("event_id", "subject_id", "error")
    ordering = ("-received_at",)
    actions = ("process_events_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        """A clerk sees the events of the utility's own payments; those of no known payment, the operator."""
        return WebhookEvent.objects.all() if is_superuser(request) else events_in_scope()

    def has_process_permission(self, request: HttpRequest) -> bool:
        """Whoever may work in billing."""
        return request.user.has_perm("billing.change_webhookevent")

    @admin.action(description=gettext_lazy("Process again"), permissions=["process"])
    def process_events_again(self, request: HttpRequest, events: QuerySet[WebhookEvent]) -> None:
        """Put the chosen events back into the inbox."""
        count = process_again(event_ids=list(events.values_list("pk", flat=True)))
        text = ngettext("%(count)s event will be processed.", "%(count)s events will be processed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
