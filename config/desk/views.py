"""What the desk needs beside its models' pages."""

from __future__ import annotations

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.queries.access import desk_utilities
from config.desk.middleware import SESSION_KEY


@require_POST
def choose_utility(request: HttpRequest) -> HttpResponseRedirect:
    """Work for another utility from here on.

    Raises:
        Http404: the person has no desk there.
    """
    if not isinstance(request.user, User) or not admin.site.has_permission(request):
        return redirect("admin:login")
    open_to = {str(utility.pk) for utility in desk_utilities(request.user, at=timezone.now())}
    chosen = request.POST.get("utility", "")
    if chosen not in open_to:
        raise Http404(_("You have no desk at this utility."))
    request.session[SESSION_KEY] = int(chosen)
    return redirect("admin:index")
