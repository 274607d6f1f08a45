from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from billing.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, money_text
from billing.models import JournalEntry, LedgerAccount, Posting
from billing.queries.balance import with_balance

if TYPE_CHECKING:
    from billing.queries.balance import Balanced


class PostingInline(ReadOnlyInline):
    """The sides of an entry."""

    model = Posting
    fields = ("account", "amount", "contract", "invoice")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        postings: QuerySet[Posting] = super().get_queryset(request)
        return postings.select_related("account", "contract__household__building", "invoice")

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, posting: Posting) -> str:
        return money_text(posting.amount_minor, posting.account.currency)


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    """What moved money, newest first."""

    list_display = ("key", "kind", "at", "memo")
    list_filter = ("kind", "at")
    search_fields = ("key", "memo")
    ordering = ("-at", "-pk")
    inlines = (PostingInline,)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    """The accounts and what stands on them."""

    list_display = ("__str__", "currency", "balance")
    ordering = ("code", "currency")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balanced]:
        return with_balance(super().get_queryset(request))

    @admin.display(description=gettext_lazy("balance"))
    def balance(self, account: Balanced) -> str:
        return money_text(account.balance_minor, account.currency)
