"""The desk's pages about utilities, the network and people."""

from accounts.admin import audit, network, outages, people, utility

__all__ = ["audit", "network", "outages", "people", "utility"]
