"""Homes by their meters."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from metering.models import Installation


def homes_metered_by(word: str) -> list[QuerySet[Any, Any]]:
    """The keys of homes in which a device hangs, or hung, whose serial number or identity holds ``word``."""
    named = Q(device__serial__icontains=word) | Q(device__identity__icontains=word)
    return [Installation.objects.filter(named, household__isnull=False).values_list("household")]
