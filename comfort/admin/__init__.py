"""The desk's pages on rooms and votes."""

from comfort.admin.feedback import FeedbackAdmin
from comfort.admin.rooms import RoomAdmin

__all__ = ["FeedbackAdmin", "RoomAdmin"]
