"""Every page of a resident, in both languages and themes: axe's rules, and the width of a small phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page

from tests.e2e import world
from tests.e2e.conftest import OpenPage

pytestmark = [pytest.mark.processes, pytest.mark.browser]

AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST: Final = 320
SIGNED_IN: Final = (
    "/homes/{home}/",
    "/homes/{home}/?by=hour",
    "/homes/{home}/people",
    "/homes/{home}/outages",
    "/homes/{home}/autopay",
    "/homes/claim",
    "/join",
    "/notices",
    "/notices/settings",
    "/data",
    "/devices",
    "/keys",
    "/offline",
    "/nowhere",
    "/accounts/2fa/",
    "/accounts/email/",
    "/accounts/logout/",
)
SIGNED_OUT: Final = (
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/signup/",
    "/accounts/password/reset/",
)


@pytest.fixture(scope="session")
def axe() -> str:
    """The rules' own code; it runs beside the page, whose policy lets in no script but ours."""
    if not AXE.exists():
        pytest.skip("axe is not installed: npm --prefix tests/e2e ci")
    return AXE.read_text(encoding="utf-8")


def faults_of(page: Page, path: str, axe: str) -> Iterator[str]:
    """What axe finds on a page, and whether it is wider than the smallest phone."""
    page.goto(path)
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    for violation in found["violations"]:
        for node in violation["nodes"]:
            yield f"{path} {violation['id']}: {node['html'][:160]}"
    page.set_viewport_size({"width": SMALLEST, "height": 640})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    if width > SMALLEST:
        yield f"{path} is {width} px wide"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_axe_finds_nothing_on_any_page(
    homes: dict[str, int],
    open_page: OpenPage,
    axe: str,
    faults: list[str],
    locale: str,
    scheme: Literal["light", "dark"],
) -> None:
    page = open_page(world.RESIDENT, locale=locale)
    page.goto("/homes/{home}/people".format(**homes))
    page.fill("[name=invite-name]", "Wang")
    page.click("#invite button.main")
    page.goto("/keys")
    page.fill("[name=name]", "Home automation")
    page.check("[name=scopes][value=rooms]")
    page.click("form[action='/keys'] button.main")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = [fault for path in SIGNED_IN for fault in faults_of(page, path.format(**homes), axe)]
    page.context.clear_cookies()
    found += [fault for path in SIGNED_OUT for fault in faults_of(page, path, axe)]

    # The browser complains of the page that is not there; that it looks well is the point.
    faults[:] = [fault for fault in faults if "404" not in fault]
    assert found == []
