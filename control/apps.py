from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ControlConfig(AppConfig):
    """What the plant should do."""

    name = "control"
    verbose_name = _("Control")
