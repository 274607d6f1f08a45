"""What all operators' pages share: the desk's frame, rights, and the utility in scope."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views import View

from accounts.models import Utility
from accounts.scope import current_utility_id, utility_in_scope


class DeskPage(View):
    """A page of the desk; ``may_see`` and ``may_change`` are permissions, rows come through the wall."""

    may_see: ClassVar[str]
    may_change: ClassVar[str] = ""
    utility: Utility

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's signature
        """Let in who may see; a change asks for more.

        Raises:
            PermissionDenied: the clerk may not.
        """
        if not admin.site.has_permission(request):
            return redirect("admin:login")
        if utility_in_scope() is None:
            return redirect("admin:index")
        needed = self.may_see if request.method in {"GET", "HEAD"} else self.may_change
        if not needed or not request.user.has_perm(needed):
            raise PermissionDenied
        self.utility = Utility.objects.get(pk=current_utility_id())
        self.now = timezone.now()
        with timezone.override(self.utility.zone):
            return super().dispatch(request, *args, **kwargs)

    def page(self, template: str, *, title: str, status: int = 200, **context: Any) -> HttpResponse:  # noqa: ANN401 - a template's names
        """The page within the desk's frame."""
        may_change = bool(self.may_change) and self.request.user.has_perm(self.may_change)
        frame = {**admin.site.each_context(self.request), "title": title, "may_change": may_change}
        return render(
            self.request,
            template,
            {**frame, "now": self.now, "zone": self.utility.zone, **context},
            status=status,
        )
