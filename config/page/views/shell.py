"""What makes the page installable: manifest, service worker, offline page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# A worker governs only what lies beneath its own address, so it is served from the root, not from /static/.
WORKER: Final = Path(__file__).resolve().parents[1] / "static" / "page" / "sw.js"


@require_safe
@cache_control(max_age=3600)
def manifest(_request: HttpRequest) -> JsonResponse:
    """The web app manifest in the reader's language."""
    icons = [
        {"src": static("page/icons/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("page/icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("page/icons/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": static("page/icons/maskable-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    body = {
        "id": "/",
        "name": "Hearthline",
        "short_name": "Hearthline",
        "description": _("Rooms, heat used and bills of your home."),
        "lang": get_language(),
        "start_url": reverse("page:home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f4f1",
        "theme_color": "#6d2a2d",
        "icons": icons,
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown where nothing else is kept."""
    return render(request, "page/offline.html")
