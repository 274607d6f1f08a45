from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import MembershipRole, StaffDuty
from accounts.models.network import Household
from accounts.period import DatedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel


class UserManager(BaseUserManager["User"]):
    """Makes people; Django's own commands and allauth call it."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:  # noqa: ANN401 - fields
        """A person who signs in by ``email``."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:  # noqa: ANN401 - fields
        """Someone who may do everything, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may see follows from memberships and staff roles, never from this row."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    # E.164; it opens the door only once a code sent there was typed.
    phone = models.CharField(_("mobile number"), max_length=16, null=True, blank=True)  # noqa: DJ001 - unique where known
    phone_verified = models.BooleanField(_("number proved"), default=False)
    is_staff = models.BooleanField(_("may enter the desk"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                name="accounts_user_email_in_lower_case",
                condition=Q(email=Lower("email")),
            ),
            models.CheckConstraint(
                name="accounts_user_phone_is_e164",
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            ),
            models.CheckConstraint(
                name="accounts_user_proves_a_number",
                condition=Q(phone_verified=False) | Q(phone__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["phone"], condition=Q(phone_verified=True), name="accounts_user_number_is_one_persons"
            ),
        ]

    def __str__(self) -> str:
        """The name a person goes by."""
        return self.name or self.email

    def get_full_name(self) -> str:
        """As ``str``; unfold's header asks for it."""
        return str(self)


class Membership(TenantModel, DatedModel):
    """A person's tie to a home for a time; a landlord elsewhere simply has another."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=MembershipRole.choices)

    class Meta(TenantModel.Meta):
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            ends_after_start("accounts_membership_ends_after_start", kind=DatedModel),
            no_overlap("accounts_membership_no_overlap", "user", "household", kind=DatedModel),
        ]

    def __str__(self) -> str:
        """Who is what."""
        return f"{self.user} ({self.get_role_display()})"


class StaffRole(TenantModel, DatedModel):
    """What a member of staff is trusted with at one utility, for a time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="staff_roles")
    duty = models.CharField(_("duty"), max_length=16, choices=StaffDuty.choices)

    class Meta(TenantModel.Meta):
        verbose_name = _("staff role")
        verbose_name_plural = _("staff roles")
        constraints = [
            ends_after_start("accounts_staffrole_ends_after_start", kind=DatedModel),
            no_overlap("accounts_staffrole_no_overlap", "user", "utility", "duty", kind=DatedModel),
        ]

    def __str__(self) -> str:
        """Who has which duty."""
        return f"{self.user}: {self.get_duty_display()}"
