"""The desk's pages on rooms, votes and cold homes."""

from comfort.admin.feedback import FeedbackAdmin
from comfort.admin.rooms import RoomAdmin
from comfort.admin.tickets import ColdTicketAdmin

__all__ = ["ColdTicketAdmin", "FeedbackAdmin", "RoomAdmin"]
