"""The desk's pages about utilities, the network and people."""

from accounts.admin import network, outages, people, utility

__all__ = ["network", "outages", "people", "utility"]
