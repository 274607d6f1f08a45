from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import ConsentPurpose, RequestKind, RequestState
from accounts.models.people import User


class DataRequest(models.Model):
    """A person asked for their data, or to be forgotten."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_requests")
    kind = models.CharField(_("kind"), max_length=8, choices=RequestKind.choices)
    state = models.CharField(
        _("state"), max_length=8, choices=RequestState.choices, default=RequestState.WAITING
    )
    asked_at = models.DateTimeField(_("asked"))
    # An erasure waits until then, so that it can be taken back; an export is kept until then.
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    progress_pct = models.PositiveSmallIntegerField(_("progress, %"), default=0)
    archive = models.BinaryField(null=True, editable=False)
    detail = models.CharField(_("details"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state__in=["waiting", "running"]),
                name="accounts_datarequest_one_at_a_time",
            ),
            models.CheckConstraint(
                name="accounts_datarequest_known_words",
                condition=Q(kind__in=RequestKind.values, state__in=RequestState.values),
            ),
            models.CheckConstraint(
                name="accounts_datarequest_is_a_share", condition=Q(progress_pct__lte=100)
            ),
            models.CheckConstraint(
                name="accounts_datarequest_ready_with_archive",
                condition=Q(archive__isnull=True) | Q(kind=RequestKind.EXPORT, state=RequestState.READY),
            ),
        ]

    def __str__(self) -> str:
        """The kind."""
        return str(self.get_kind_display())


class Consent(models.Model):
    """Somebody agreed to something that needs their agreement, or took it back. Append-only."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=8, choices=ConsentPurpose.choices)
    is_given = models.BooleanField(_("given"))
    # The text that was agreed to.
    text = models.TextField(_("text"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                name="accounts_consent_known_purpose", condition=Q(purpose__in=ConsentPurpose.values)
            ),
            models.CheckConstraint(name="accounts_consent_has_its_text", condition=~Q(text="")),
        ]
        indexes = [models.Index(fields=["user", "purpose", "-at"], name="accounts_consent_newest")]

    def __str__(self) -> str:
        """The purpose."""
        return str(self.get_purpose_display())
