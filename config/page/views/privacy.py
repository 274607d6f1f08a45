"""What is kept about a person: a copy of it, and being forgotten."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.enums import RequestKind, RequestState
from accounts.operations.privacy import PrivacyError, ask_for_erasure, ask_for_export, keep_me
from accounts.queries.privacy import archive_of, consents_of, newest_request
from config.page.views.base import ResidentView


class PrivacyPage(ResidentView):
    """Requests and consents, with a button for each."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show them."""
        export = newest_request(self.person, RequestKind.EXPORT)
        erasure = newest_request(self.person, RequestKind.ERASURE)
        is_made = export is not None and export.state in {RequestState.WAITING, RequestState.RUNNING}
        return self.page(
            "page/privacy.html",
            export=export,
            is_made=is_made,
            erasure=erasure if erasure and erasure.state == RequestState.WAITING else None,
            consents=consents_of(self.person),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do what the button says."""
        try:
            self._do(request.POST.get("do", ""))
        except PrivacyError as error:
            messages.warning(request, str(error))
        return redirect("page:privacy")

    def _do(self, what: str) -> None:
        match what:
            case "export":
                ask_for_export(user=self.person, at=self.now)
            case "forget":
                ask_for_erasure(user=self.person, at=self.now)
            case "keep":
                keep_me(user=self.person)
                messages.success(self.request, _("Good: nothing will be forgotten."))


class Archive(ResidentView):
    """The archive itself."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Download it.

        Raises:
            Http404: none is kept.
        """
        archive = archive_of(self.person)
        if archive is None:
            raise Http404(_("No archive is kept. Have one made first."))
        response = HttpResponse(archive, content_type="application/zip")
        response["Content-Disposition"] = 'attachment; filename="hearthline.zip"'
        return response
