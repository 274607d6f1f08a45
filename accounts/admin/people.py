from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.admin.rights import is_superuser
from accounts.models import Contract, Membership, StaffRole, User
from accounts.queries.access import is_tied_elsewhere


class PersonCreationForm(UserCreationForm):
    """A new person: e-mail and password; there are no user names here."""

    class Meta:
        model = User
        fields = ("email",)


class PersonChangeForm(UserChangeForm):
    """The whole of a person's row."""

    class Meta:
        model = User
        fields = ("email", "name", "is_active", "is_staff", "is_superuser")


class MembershipInline(TabularInline):
    """Who lives in a home, or looks after it."""

    model = Membership
    autocomplete_fields = ("user", "household")
    extra = 0
    tab = True


class StaffRoleInline(TabularInline):
    """What a clerk is trusted with."""

    model = StaffRole
    extra = 0
    tab = True


class ContractInline(TabularInline):
    """Who pays for a home's heat."""

    model = Contract
    extra = 0
    tab = True


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # Django has no subscript here
    """People of the utility in scope: its residents and its staff; everybody for a superuser."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_staff", "is_active", "date_joined")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    inlines = (StaffRoleInline, MembershipInline)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Only people with a tie to the utility in scope, and never those above all utilities."""
        people = super().get_queryset(request)
        if is_superuser(request):
            return people
        residents, staff = Membership.objects.values("user_id"), StaffRole.objects.values("user_id")
        return people.filter(Q(pk__in=residents) | Q(pk__in=staff), is_superuser=False)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who sets a password can sign in, so nobody does it for people of another utility."""
        return super().has_change_permission(request, obj) and self._is_ours(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """As for a change."""
        return super().has_delete_permission(request, obj) and self._is_ours(request, obj)

    def _is_ours(self, request: HttpRequest, person: User | None) -> bool:
        return person is None or is_superuser(request) or not is_tied_elsewhere(person)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only a superuser makes superusers."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if is_superuser(request) else (*fields, "is_superuser")


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    """Who is what to which home, and for how long."""

    list_display = ("user", "household", "role", "starts_on", "ends_on")
    list_filter = ("role",)
    list_select_related = ("user", "household__building")
    search_fields = ("user__email", "user__name", "household__customer_number")
    autocomplete_fields = ("user", "household")


@admin.register(StaffRole)
class StaffRoleAdmin(ModelAdmin):
    """Who is trusted with what."""

    list_display = ("user", "duty", "starts_on", "ends_on")
    list_filter = ("duty",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    autocomplete_fields = ("user",)


@admin.register(Contract)
class ContractAdmin(ModelAdmin):
    """Who pays for the heat of which home."""

    list_display = ("customer_name", "household", "customer_class", "starts_on", "ends_on")
    list_filter = ("customer_class",)
    list_select_related = ("household__building",)
    search_fields = ("customer_name", "household__customer_number")
    autocomplete_fields = ("household",)
