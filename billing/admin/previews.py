"""The page that shows what a draft of a tariff would have cost real homes."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.admin.read_only import money_text
from billing.models import TariffVersion
from billing.operations.previews import Change, Preview, last_season, preview_version

# So many homes at either end are named.
NAMED = 5


def preview_page(request: HttpRequest, version: TariffVersion, *, site: AdminSite) -> HttpResponse:
    """The draft beside what was in force in the last season that is over."""
    season = last_season(before=version.utility.local_date(timezone.now()))
    preview = None if season is None else preview_version(version=version, period=season)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("%(version)s on last season's homes") % {"version": version},
        "version": version,
        "preview": preview,
    }
    if preview is not None:
        context |= _shown(preview)
    return TemplateResponse(request, "admin/billing/tariffversion/preview.html", context)


def _shown(preview: Preview) -> dict[str, Any]:
    ranked = preview.by_change
    most = max((count for _name, count in preview.classes), default=0) or 1
    change = preview.after_minor - preview.before_minor
    percent = 100 * change / preview.before_minor if preview.before_minor else 0
    return {
        "before": money_text(preview.before_minor, preview.currency),
        "after": money_text(preview.after_minor, preview.currency),
        "change": money_text(change, preview.currency),
        "percent": f"{percent:+.1f}",
        "classes": [
            {"name": name, "count": count, "width": round(100 * count / most)}
            for name, count in preview.classes
        ],
        "extremes": [
            _row(change, preview.currency)
            for change in ([*ranked[:NAMED], *ranked[-NAMED:]] if len(ranked) > 2 * NAMED else ranked)
        ],
        "faults": preview.faults.most_common(),
    }


def _row(change: Change, currency: str) -> dict[str, str]:
    return {
        "customer": change.customer_number,
        "before": money_text(change.before_minor, currency),
        "after": money_text(change.after_minor, currency),
        "change": money_text(change.change_minor, currency),
        "percent": f"{change.percent:+.1f}",
    }
