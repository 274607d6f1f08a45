from __future__ import annotations

import csv
from tempfile import TemporaryFile
from typing import Final
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts.admin.rights import ReadOnly, person
from metering.enums import ImportState
from metering.models import ReadingImport
from metering.operations.import_jobs import ImportRefusedError, check_size, decide_import, upload_readings
from metering.transfer.columns import HeaderError
from metering.transfer.files import UnreadableFileError
from metering.transfer.rows import Fault

# What a person reads on a page; the file of refused rows has all.
SHOWN: Final = 50
LOOK_AGAIN_S: Final = 2


class ImportForm(forms.Form):
    """A file of readings, and how it is written."""

    file = forms.FileField(label=gettext_lazy("CSV or Parquet file"), max_length=200)
    zone = forms.CharField(
        label=gettext_lazy("time zone of instants that bring none, such as Europe/Stockholm"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    decimal_comma = forms.BooleanField(
        label=gettext_lazy("numbers are written 1.234,5"), required=False, widget=UnfoldBooleanWidget
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file that is too large before it is in memory."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            check_size(file.size or 0)
        except ImportRefusedError as error:
            raise ValidationError(str(error)) from error
        return file

    def clean_zone(self) -> str:
        """Refuse what is no zone."""
        zone = str(self.cleaned_data["zone"])
        if zone and zone not in available_timezones():
            raise ValidationError(gettext("%(zone)s is not an IANA time zone.") % {"zone": zone})
        return zone


@admin.register(ReadingImport)
class ReadingImportAdmin(ReadOnly, ModelAdmin):
    """Which files came in, with whom, what became of their rows, and the page that imports more."""

    list_display = ("made_at", "made_by", "file_name", "state", "rows", "stored", "duplicates", "refused")
    list_filter = ("state", "made_at")
    list_select_related = ("made_by",)
    search_fields = ("file_name", "made_by__email", "sha256")
    ordering = ("-made_at", "-pk")
    actions_list = ("import_file",)

    def get_urls(self) -> list[URLPattern]:
        """And the pages that upload, decide and hand out the refused rows."""
        view = self.admin_site.admin_view
        return [
            path("new/", view(self.upload_page), name="metering_readings_import"),
            path("<int:import_id>/decide/", view(self.decide), name="metering_import_decide"),
            path("<int:import_id>/faults.csv", view(self.faults), name="metering_import_faults"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReadingImport]:
        rows: QuerySet[ReadingImport] = super().get_queryset(request)
        return rows.defer("content")

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whoever may work in metering."""
        return request.user.has_perm("metering.add_readingimport")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Import readings"), url_path="import", permissions=["import"]
    )
    def import_file(self, _request: HttpRequest) -> HttpResponse:
        """The way to the page that imports."""
        return HttpResponseRedirect(reverse("admin:metering_readings_import"))

    def upload_page(self, request: HttpRequest) -> HttpResponse:
        """Take a file and have it tried; then show how far that is.

        Raises:
            PermissionDenied: the role imports no readings.
        """
        self._may_import(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file: UploadedFile[bytes] = form.cleaned_data.pop("file")
            try:
                made = upload_readings(
                    content=file.read(),
                    file_name=file.name or "",
                    **form.cleaned_data,
                    by=person(request),
                    at=timezone.now(),
                )
            except (HeaderError, UnreadableFileError) as error:
                form.add_error("file", str(error))
            else:
                return self._to(made.pk)
        context = {**self.admin_site.each_context(request), "form": form, "opts": self.model._meta}
        context |= {"title": gettext("Import readings")}
        return render(request, "admin/metering/import_upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        """How far it is, what became of the rows, and the button that decides.

        Raises:
            PermissionDenied: the role sees nothing of metering.
        """
        del form_url, extra_context  # nobody passes any
        job = self._job(request, int(object_id) if object_id.isdecimal() else 0)
        context = {
            **self.admin_site.each_context(request),
            "title": job.file_name,
            "opts": self.model._meta,
            "job": job,
            "percent": round(100 * job.share),
            "faults": job.faults.order_by("line", "pk")[:SHOWN],
            "may_decide": job.state == ImportState.TRIED and self.has_import_permission(request),
        }
        page = render(request, "admin/metering/import_progress.html", context)
        if job.under_way:
            # Of the answer, not of the page: a browser without scripts looks again too.
            page["Refresh"] = str(LOOK_AGAIN_S)
        return page

    def decide(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """Have a tried file stored.

        Raises:
            PermissionDenied: the role imports no readings.
        """
        self._may_import(request)
        job = self._job(request, import_id)
        if request.method == "POST":
            try:
                decide_import(reading_import=job, by=person(request), at=timezone.now())
            except ImportRefusedError as error:
                self.message_user(request, str(error), messages.ERROR)
        return self._to(import_id)

    def faults(self, request: HttpRequest, import_id: int) -> FileResponse:
        """All refused rows as CSV: line, column, reason.

        Raises:
            PermissionDenied: the role sees nothing of metering.
        """
        job = self._job(request, import_id)
        file = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - the answer closes it
        table = csv.writer(file)
        table.writerow(Fault._fields)
        table.writerows(job.faults.order_by("line", "pk").values_list(*Fault._fields).iterator())
        file.seek(0)
        return FileResponse(file.detach(), as_attachment=True, filename=f"faults-{job.pk}.csv")

    def _may_import(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def _job(self, request: HttpRequest, import_id: int) -> ReadingImport:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request).select_related("made_by", "decided_by")
        return get_object_or_404(rows, pk=import_id)

    def _to(self, import_id: int) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:metering_readingimport_change", args=[import_id]))
