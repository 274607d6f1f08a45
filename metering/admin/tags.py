"""The registry of plant signals: the shared vocabulary, a utility's own signals, limits and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from accounts.admin.rights import is_superuser
from accounts.scope import utility_in_scope
from metering.models import TagLimits, TagPath, TelemetryTag
from metering.models.telemetry import LIMITS, OWN
from metering.vocabulary import TAGS

if TYPE_CHECKING:  # only the stubs know it as generic
    TagModelForm = ModelForm[TelemetryTag]
else:
    TagModelForm = ModelForm


def seen_tags() -> QuerySet[TelemetryTag]:
    """The vocabulary and what the utility in scope added to it."""
    return TelemetryTag.objects.filter(Q(utility=None) | Q(utility_id=utility_in_scope()))


class TagForm(TagModelForm):
    """The name says whose a signal is; only those above all utilities name one for everybody."""

    may_share: ClassVar[bool] = False

    def clean_name(self) -> str:
        """Refuse a shared name to a utility, and a change of owner to everybody."""
        name: str = self.cleaned_data["name"]
        is_own = name.startswith(OWN)
        is_new = not self.instance.name
        if is_new and (is_own or self.may_share):
            self.instance.utility_id = utility_in_scope() if is_own else None
        elif is_new or is_own != (self.instance.utility_id is not None):
            raise ValidationError(_("The name of a utility's own signal begins with 'own_'."))
        return name


@admin.register(TelemetryTag)
class TelemetryTagAdmin(ModelAdmin):
    """The vocabulary shared by all utilities, and the signals a utility added for itself."""

    form = TagForm
    list_display = ("name", "words", "unit", "kind", "low", "high", *LIMITS, "is_own")
    list_filter = ("kind", "unit")
    search_fields = ("name", "own_label")
    search_help_text = _("Name or label")
    fields = ("name", "own_label", "unit", "kind", ("low", "high"), LIMITS)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[TelemetryTag]:
        """The vocabulary and what the utility in scope added."""
        return seen_tags().order_by(*(self.get_ordering(request) or ("name",)))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TelemetryTag], search_term: str
    ) -> tuple[QuerySet[TelemetryTag], bool]:
        """Also by the label in the language in use, which no column holds."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        wanted = search_term.strip().lower()
        if wanted:
            names = [tag.name for tag in TAGS.values() if wanted in tag.label.lower()]
            found |= queryset.filter(name__in=names)
        return found, may_repeat

    @admin.display(description=_("label"))
    def words(self, tag: TelemetryTag) -> str:
        """The label in the language in use."""
        return tag.label

    @admin.display(description=_("own"), boolean=True)
    def is_own(self, tag: TelemetryTag) -> bool:
        """Whether this utility added it."""
        return tag.utility_id is not None

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[TagForm]:  # noqa: ANN401 - Django's signature
        """The form, told who fills it in."""
        form: type[TagForm] = super().get_form(request, *args, **kwargs)
        form.may_share = is_superuser(request)  # a class of its own for every request
        return form

    def has_change_permission(self, request: HttpRequest, obj: TelemetryTag | None = None) -> bool:
        """The shared vocabulary is changed by those who run the whole service."""
        return may_touch(request, obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: TelemetryTag | None = None) -> bool:
        """As changing."""
        return may_touch(request, obj) and bool(super().has_delete_permission(request, obj))


def may_touch(request: HttpRequest, tag: TelemetryTag | None) -> bool:
    """Whether the signal is not everybody's, or the one who asks stands above all utilities."""
    return tag is None or tag.utility_id is not None or is_superuser(request)


class RegisteredTags:
    """Offers the signals of the utility in scope and of the vocabulary; searched, for they are many."""

    autocomplete_fields = ("tag",)
    list_select_related = ("tag",)
    search_fields = ("tag__name", "tag__own_label")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401 - Django's signature
        """No other utility's own signals, whatever number a form brings."""
        if db_field.name == "tag":
            kwargs["queryset"] = seen_tags()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # a mixin


@admin.register(TagLimits)
class TagLimitsAdmin(RegisteredTags, ModelAdmin):
    """What this utility holds against a signal instead of the vocabulary's limits."""

    list_display = ("tag", "low", "high", *LIMITS)
    fields = ("tag", ("low", "high"), LIMITS)


@admin.register(TagPath)
class TagPathAdmin(RegisteredTags, ModelAdmin):
    """Under which names this utility's controllers say a signal."""

    list_display = ("path", "tag", "factor", "offset")
    search_fields = ("path", "tag__name")
