"""The days on which heat is due."""

from __future__ import annotations

from datetime import date

from accounts.period import on_day
from billing.models import HeatingSeason


def is_heat_due(day: date) -> bool:
    """Whether ``day`` lies in a heating season; a utility that has entered none heats all year."""
    seasons = HeatingSeason.objects.all()
    return seasons.filter(on_day(day)).exists() or not seasons.exists()
