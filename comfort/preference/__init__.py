"""The pure heart of comfort: votes in, bounded shifts of the wanted temperature out. Numpy only."""

from comfort.preference.neutral import VoteHistory, home_shifts
from comfort.preference.pooling import building_shifts, station_shifts

__all__ = ["VoteHistory", "building_shifts", "home_shifts", "station_shifts"]
