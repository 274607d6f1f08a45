# ruff: noqa: INP001 - a script of its own, no package
"""Take the README's pictures from a running demo: `python docs/screenshots/take.py [--web ADDRESS]`.

It signs in, says "too cold" where nothing has been said, waits for the plant's answer and looks.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER: Final = Path(__file__).resolve().parent
RESIDENT: Final = "resident@north-river.example"
ADMIN: Final = "admin@north-river.example"
PASSWORD: Final = "warm-rooms"  # noqa: S105 - published with the demo
PHONE: Final[ViewportSize] = {"width": 390, "height": 1240}
SCREEN: Final[ViewportSize] = {"width": 1360, "height": 820}
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 90_000
# The operators' pages, by the name of their picture; the demo's first station and building have key 1.
OPERATORS: Final = {
    "operators-network": "network/",
    "operators-station": "stations/1/",
    "operators-curve": "stations/1/?slope=1.2&shift_k=0&room_target_c=21#curve",
    "operators-warmth": "buildings/1/warmth/",
    "operators-sources": "sources/",
    "operators-comfort": "comfort/",
}


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--web", default="http://127.0.0.1:8000", help="where the demo answers")
    web = parser.parse_args().web
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        for name, locale in (("resident-en", "en"), ("resident-zh", "zh-CN")):
            _keep(_home(browser, web, locale=locale), name)
        desk = _desk(browser, web)
        for name, address in OPERATORS.items():
            _keep(_opened(desk, f"{web}/admin/{address}"), name, close=False)
        _keep(_opened(desk, f"{web}/admin/"), "desk")
        docs = _page(browser, f"{web}/api/docs/", SCREEN)
        docs.wait_for_selector(".opblock")
        _keep(docs, "api")
        browser.close()


def _page(browser: Browser, address: str, viewport: ViewportSize, *, locale: str = "en") -> Page:
    page = browser.new_page(viewport=viewport, locale=locale, timezone_id="Asia/Shanghai")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    return page


def _home(browser: Browser, web: str, *, locale: str) -> Page:
    page = _page(browser, f"{web}/accounts/login/", PHONE, locale=locale)
    page.fill("[name=login]", RESIDENT)
    page.fill("[name=password]", PASSWORD)
    page.click("form[action='/accounts/login/'] button.main")
    page.wait_for_selector(".link-state[data-state=live]")
    if page.locator(".answer").count() == 0:
        page.click("button.cold")
    page.wait_for_selector(".answer.applied")
    # Newest values have arrived, nothing glows any more.
    page.wait_for_timeout(3_000)
    page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    return page


def _desk(browser: Browser, web: str) -> Page:
    page = _page(browser, f"{web}/admin/", SCREEN)
    page.fill("[name=username]", ADMIN)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#stations")
    page.wait_for_load_state("networkidle")
    return page


def _opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page


def _keep(page: Page, name: str, *, close: bool = True) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    if close:
        page.close()
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    main()
