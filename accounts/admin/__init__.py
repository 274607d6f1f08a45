"""The desk's pages about utilities, the network and people."""

from accounts.admin import network, people, utility

__all__ = ["network", "people", "utility"]
