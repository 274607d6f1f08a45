"""One file a concept."""

from comfort.models.feedback import Feedback
from comfort.models.room import Room

__all__ = ["Feedback", "Room"]
