from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    """Makes the archives that people ask for, and forgets those who want to be forgotten."""

    name = "config.privacy"
    verbose_name = _("Personal data")
