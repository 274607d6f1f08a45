"""One file a concept."""

from comfort.models.cold import ColdSpell, ColdTicket, TicketEntry
from comfort.models.feedback import Feedback
from comfort.models.room import Room

__all__ = ["ColdSpell", "ColdTicket", "Feedback", "Room", "TicketEntry"]
