"""`/healthz`: this process answers; `/readyz`: what it needs answers too; `/metrics`: Prometheus."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process lives."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Database and Valkey answer: 200; else 503 and which one does not."""
    checks = {"database": _database(), "valkey": _valkey()}
    ready = all(checks.values())
    answer = {name: "ok" if fine else "unreachable" for name, fine in checks.items()}
    return JsonResponse(answer, status=200 if ready else 503)


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """This process's counters in Prometheus' text format."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _valkey() -> bool:
    try:
        with redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
