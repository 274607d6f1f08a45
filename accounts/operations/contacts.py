"""What a clerk writes down of a conversation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ContactNote, Household, User


class EmptyNoteError(ValueError):
    """Nothing was said."""


@transaction.atomic
def note_contact(*, household: Household, by: User, text: str, at: datetime) -> ContactNote:
    """Write down what was said with somebody of a home.

    Raises:
        EmptyNoteError: there are no words.
    """
    words = text.strip()
    if not words:
        raise EmptyNoteError(_("Write down what was said."))
    return ContactNote.objects.create(household=household, at=at, author=by, text=words)
