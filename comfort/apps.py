from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComfortConfig(AppConfig):
    """What residents feel."""

    name = "comfort"
    verbose_name = _("Comfort")
