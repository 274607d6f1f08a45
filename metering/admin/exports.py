from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts.admin.rights import ReadOnly, person
from accounts.period import Period
from metering.models import ReadingExport
from metering.operations.exports import export_readings

# What a person can wait for; more than that is `manage.py export_readings`.
MOST_DAYS = 92
EARLIEST = date(1970, 1, 1)


class ExportForm(forms.Form):
    """Which readings, and in what file."""

    first_day = forms.DateField(
        label=gettext_lazy("first day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_day = forms.DateField(label=gettext_lazy("last day"), widget=forms.DateInput(attrs={"type": "date"}))
    serials = forms.CharField(
        label=gettext_lazy("serial numbers, one a line; all meters without"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    kind = forms.ChoiceField(label=gettext_lazy("file"), choices=[("csv", "CSV"), ("parquet", "Parquet")])

    def clean(self) -> dict[str, Any]:
        """Refuse days that are none of a meter's, too many of them, and none."""
        said: dict[str, Any] = self.cleaned_data
        first, last = said.get("first_day"), said.get("last_day")
        if isinstance(first, date) and isinstance(last, date):
            if first < EARLIEST or last > timezone.localdate():
                raise ValidationError(gettext("Choose days from 1970 until today."))
            if last < first:
                raise ValidationError({"last_day": gettext("The last day is before the first.")})
            if (last - first).days >= MOST_DAYS:
                message = gettext("At most %(days)s days at once.") % {"days": MOST_DAYS}
                raise ValidationError({"last_day": message})
        return said


@admin.register(ReadingExport)
class ReadingExportAdmin(ReadOnly, ModelAdmin):
    """Which readings left the house, with whom, and the page that exports more."""

    list_display = ("made_at", "made_by", "file_name", "first_day", "end_day", "rows")
    list_filter = ("made_at",)
    list_select_related = ("made_by",)
    search_fields = ("file_name", "made_by__email")
    ordering = ("-made_at", "-pk")
    actions_list = ("export",)

    def get_urls(self) -> list[URLPattern]:
        """And the page that exports."""
        view = self.admin_site.admin_view(self.export_page)
        return [path("new/", view, name="metering_readings_export"), *super().get_urls()]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever may work in metering; readings of homes are not for every desk."""
        return request.user.has_perm("metering.add_readingexport")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Export readings"), url_path="export", permissions=["export"]
    )
    def export(self, _request: HttpRequest) -> HttpResponse:
        """The way to the page that exports."""
        return HttpResponseRedirect(reverse("admin:metering_readings_export"))

    def export_page(self, request: HttpRequest) -> HttpResponseBase:
        """Ask which; answer with the file, which is on record by then.

        Raises:
            PermissionDenied: the role exports no readings.
        """
        if not self.has_export_permission(request):
            raise PermissionDenied
        form = ExportForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._file(request, form.cleaned_data)
        context = {**self.admin_site.each_context(request), "form": form, "opts": self.model._meta}
        context |= {"title": gettext("Export readings")}
        return render(request, "admin/metering/export.html", context)

    def _file(self, request: HttpRequest, said: dict[str, Any]) -> FileResponse:
        first, last, at = said["first_day"], said["last_day"], timezone.now()
        name = f"readings-{first}-{last}.{said['kind']}"
        with TemporaryDirectory() as directory:
            file = Path(directory) / name
            export_readings(
                path=file,
                days=Period(first, date.fromordinal(last.toordinal() + 1)),
                serials=set(said["serials"].split()),
                by=person(request),
                at=at,
            )
            # Open, it outlives its name; the answer closes it.
            return FileResponse(file.open("rb"), as_attachment=True, filename=name)
