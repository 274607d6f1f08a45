from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.network import Household
from accounts.models.people import User
from accounts.scope import TenantModel


class ContactNote(TenantModel):
    """What somebody of a home said, and what they were told. Append-only."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="contact_notes")
    at = models.DateTimeField(_("at"))
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    text = models.CharField(_("note"), max_length=1000)

    class Meta(TenantModel.Meta):
        verbose_name = _("contact note")
        verbose_name_plural = _("contact notes")
        constraints = [models.CheckConstraint(name="accounts_contactnote_has_words", condition=~Q(text=""))]
        indexes = [models.Index(fields=["household", "at"], name="accounts_contactnote_of_home")]

    def __str__(self) -> str:
        """Its beginning."""
        return self.text[:60]
