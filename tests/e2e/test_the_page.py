"""The page on a phone: both languages, every width, without scripts, without a network."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import world
from tests.e2e.conftest import OpenPage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
# WCAG 2.2, 2.5.8: what is touched is at least so large, in CSS pixels.
LEAST_TARGET = 24
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, input, select, textarea")]
    .filter((e) => e.offsetParent && !e.classList.contains("skip") && e.type !== "hidden")
    .filter((e) => !(e.tagName === "INPUT" && e.labels?.length))
    .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, box]) => box.width < %d || box.height < %d)
    .map(([html]) => html)"""
NAMELESS = """() =>
    [...document.querySelectorAll("button, a, summary, input:not([type=hidden]), select, textarea")]
    .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map((e) => e.outerHTML)"""


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    ("locale", "title", "signs"),
    [
        ("en", "en", ("Say more", "Heat used", "To pay", "Too cold")),
        ("zh-CN", "zh-hans", ("详细说说", "用热量", "待缴费", "太冷")),
    ],
)
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_speaks_the_readers_language_and_fits_the_screen(
    homes: dict[str, int],
    open_page: OpenPage,
    locale: str,
    title: str,
    signs: tuple[str, ...],
    width: int,
) -> None:
    page = open_page(world.RESIDENT, locale=locale)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"/homes/{homes['home']}/")

    assert page.get_attribute("html", "lang") == title
    for sign in signs:
        expect(page.get_by_text(sign, exact=True).first).to_be_visible()
    assert overflow(page) == 0
    assert page.evaluate(SMALL_TARGETS % (LEAST_TARGET, LEAST_TARGET)) == []
    assert page.evaluate(NAMELESS) == []
    assert page.locator("h1").count() == 1


def test_the_language_is_changed_by_one_tap_and_stays(homes: dict[str, int], open_page: OpenPage) -> None:
    page = open_page(world.RESIDENT)
    page.goto(f"/homes/{homes['home']}/")

    page.click(".menu > summary")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.goto("/")

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert page.url.endswith(f"/homes/{homes['home']}/")


def test_several_homes_are_one_tap_apart(homes: dict[str, int], open_page: OpenPage) -> None:
    page = open_page(world.LANDLORD)
    page.goto(f"/homes/{homes['home']}/")

    page.click(".menu > summary")
    page.click(f".choices a[href='/homes/{homes['second']}/']")

    page.wait_for_url(f"**/homes/{homes['second']}/")
    page.click(".menu > summary")
    expect(page.locator(".choices [aria-current]")).to_have_attribute("href", f"/homes/{homes['second']}/")


def test_the_menu_is_worked_by_keys_alone(homes: dict[str, int], open_page: OpenPage) -> None:
    page = open_page(world.RESIDENT)
    page.goto(f"/homes/{homes['home']}/")

    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".menu > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sheet")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator(".sheet")).to_be_hidden()
    expect(page.locator(".menu > summary")).to_be_focused()


def test_use_is_shown_by_the_hour_without_leaving_the_page(
    homes: dict[str, int], open_page: OpenPage
) -> None:
    page = open_page(world.RESIDENT)
    page.goto(f"/homes/{homes['home']}/")
    page.evaluate("window.stayed = true")

    page.click("#use .tabs a:not([aria-current])")

    expect(page.locator("#use .tabs [aria-current]")).to_have_text("48 hours")
    assert page.evaluate("window.stayed") is True


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_last_page_is_there_without_a_network(
    homes: dict[str, int], open_page: OpenPage, faults: list[str], locale: str
) -> None:
    page = open_page(world.RESIDENT, locale=locale)
    page.goto(f"/homes/{homes['home']}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_function("caches.open('pages').then((c) => c.keys()).then((k) => k.length > 0)")

    page.context.set_offline(True)
    page.goto(f"/homes/{homes['home']}/")

    expect(page.locator("#live h1")).to_be_visible()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator(".link-state")).to_have_attribute("data-state", "lost")
    # The browser itself complains of the ticket it could not fetch; that is the point of this test.
    faults[:] = [fault for fault in faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def test_signing_out_leaves_nothing_behind(homes: dict[str, int], open_page: OpenPage) -> None:
    page = open_page(world.RESIDENT)
    page.goto(f"/homes/{homes['home']}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()

    page.click(".menu > summary")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")

    page.wait_for_function("caches.has('pages').then((has) => !has)")
