"""The desk's look: name, colours, what its sidebar and dashboard are made by."""

from typing import Any, Final

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# The resident's page and the desk share their ember; greys lean to it.
_EMBER: Final = {
    "50": "#fdf4ef",
    "100": "#fae4d9",
    "200": "#f4c6b1",
    "300": "#eca183",
    "400": "#e07a54",
    "500": "#cc5a34",
    "600": "#a8402a",
    "700": "#8c3222",
    "800": "#6d2a2d",
    "900": "#4f2230",
    "950": "#34202f",
}
_STONE: Final = {
    "50": "#faf8f6",
    "100": "#f3f0ed",
    "200": "#e6e0dc",
    "300": "#d3cac5",
    "400": "#a1938f",
    "500": "#75676a",
    "600": "#5a4d51",
    "700": "#453a3e",
    "800": "#2c2428",
    "900": "#1f191c",
    "950": "#141012",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Hearthline desk"),
    "SITE_HEADER": "Hearthline",
    "SITE_SUBHEADER": "config.desk.navigation.utility_name",
    "SITE_ICON": lambda _request: static("page/icons/mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("page/icons/mark.svg")}
    ],
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": _STONE, "primary": _EMBER},
    "DASHBOARD_CALLBACK": "config.desk.dashboard.with_figures",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "config.desk.navigation.groups",
    },
}
