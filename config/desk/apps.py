from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    """The admin site."""

    name = "config.desk"
    label = "desk"
    verbose_name = _("Desk")
