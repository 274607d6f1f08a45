"""The desk's pages about billing."""

from billing.admin import payments

__all__ = ["payments"]
