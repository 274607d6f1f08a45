"""The closed lists of this app; every member says what it means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sensation(models.IntegerChoices):
    """The seven steps of ISO 7730 in a resident's words; 0 is comfortable."""

    MUCH_TOO_COLD = -3, _("Much too cold")
    TOO_COLD = -2, _("Too cold")
    A_LITTLE_COLD = -1, _("A little cold")
    COMFORTABLE = 0, _("Comfortable")
    A_LITTLE_WARM = 1, _("A little warm")
    TOO_WARM = 2, _("Too warm")
    MUCH_TOO_WARM = 3, _("Much too warm")
