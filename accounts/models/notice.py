from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Channel, NoticeKind
from accounts.models.network import Household
from accounts.models.people import User
from accounts.scope import TenantModel


class Notice(TenantModel):
    """Something a person is told of, once: a line of their inbox. Its words are made when it is read."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(_("kind"), max_length=16, choices=NoticeKind.choices)
    # The occasion: whatever finds it again finds it told.
    key = models.CharField(max_length=80, db_index=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    # Whether its deliveries were written; in the transaction of the row itself.
    is_planned = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["user", "household", "key"], name="accounts_notice_told_once"),
            models.CheckConstraint(
                name="accounts_notice_known_kind", condition=Q(kind__in=NoticeKind.values)
            ),
        ]
        indexes = [models.Index(fields=["user", "-at"], name="accounts_notice_inbox")]

    def __str__(self) -> str:
        """The kind."""
        return str(self.get_kind_display())


class Delivery(TenantModel):
    """A notice on its way by one channel: the outbox."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    due_at = models.DateTimeField(_("due"))
    # Goes out with all others of its person that are due, in one message.
    in_digest = models.BooleanField(_("in the digest"), default=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up"), null=True, blank=True)
    detail = models.CharField(_("details"), max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="accounts_delivery_once_a_channel"),
            models.CheckConstraint(
                name="accounts_delivery_sent_or_given_up",
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="accounts_delivery_waiting",
                condition=Q(sent_at=None, given_up_at=None),
            )
        ]

    def __str__(self) -> str:
        """The channel."""
        return self.channel


class NoticeSettings(models.Model):
    """How a person wants to be reached, wherever they live; without a row, as `notice_rules` says."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    language = models.CharField(_("language"), max_length=16, blank=True)
    # E.164; an SMS goes nowhere without it.
    phone = models.CharField(_("mobile number"), max_length=16, blank=True)
    # Hours of the utility's own clock; equal ones are no quiet at all.
    quiet_from_hour = models.PositiveSmallIntegerField(_("quiet from"), default=22)
    quiet_to_hour = models.PositiveSmallIntegerField(_("quiet until"), default=7)
    digest_hour = models.PositiveSmallIntegerField(_("one e-mail a day, at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice settings")
        verbose_name_plural = _("notice settings")
        constraints = [
            models.CheckConstraint(
                name="accounts_noticesettings_hours_of_a_day",
                condition=Q(quiet_from_hour__lt=24, quiet_to_hour__lt=24)
                & (Q(digest_hour__isnull=True) | Q(digest_hour__lt=24)),
            ),
            models.CheckConstraint(
                name="accounts_noticesettings_phone_is_e164",
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            ),
        ]

    def __str__(self) -> str:
        """Whose."""
        return f"{self.user_id}"


class NoticeChoice(models.Model):
    """By which channels a person is told of one kind of thing, and from which value on."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.CharField(_("kind"), max_length=16, choices=NoticeKind.choices)
    by_email = models.BooleanField(_("e-mail"))
    by_push = models.BooleanField(_("push"))
    by_sms = models.BooleanField(_("SMS"))
    limit = models.FloatField(_("limit"), null=True, blank=True)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="accounts_noticechoice_one_a_kind"),
            models.CheckConstraint(
                name="accounts_noticechoice_known_kind", condition=Q(kind__in=NoticeKind.values)
            ),
        ]

    def __str__(self) -> str:
        """The kind."""
        return str(self.get_kind_display())


class PushSubscription(models.Model):
    """A browser that may be woken: its push service's address for it, and the keys to seal messages with."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")
        constraints = [
            models.CheckConstraint(
                name="accounts_pushsubscription_in_private", condition=Q(endpoint__startswith="https://")
            )
        ]

    def __str__(self) -> str:
        """The push service."""
        return self.endpoint[:40]
