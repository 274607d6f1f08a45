"""Writes: each one transaction, keyword-only, named by what happens."""

from comfort.operations.feedback import give_feedback
from comfort.operations.rooms import furnish_room

__all__ = ["furnish_room", "give_feedback"]
