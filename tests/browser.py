"""A real Chromium for tests marked `browser`; they say so and skip where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
NARROW, PHONE, DESK = 320, 390, 1280  # pixels wide
FAR = 60  # presses of a key, after which something is out of reach
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("CI must drive a real browser: apt-get install chromium")
        pytest.skip(f"{CHROMIUM} is not installed (apt-get install chromium): this test drives a real browser")
    # the browser's driver runs an event loop in this thread, and Django would refuse to query beside it
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        # pages of the house and nothing else: a process for each site would be one for each test
        alone = [
            "--no-sandbox",
            "--disable-site-isolation-trials",
            "--disable-features=IsolateOrigins,site-per-process",
        ]
        yield driver.chromium.launch(executable_path=str(CHROMIUM), args=alone)


def page_of(browser: Browser, *, width: int = DESK, dark: bool = False, script: bool = True, **options: Any) -> Page:
    """A fresh profile's page. `script=False`: as a customer without JavaScript."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light",
        java_script_enabled=script, **options,
    )  # fmt: skip
    return context.new_page()


def sign_in(page: Page, user: Any, url: str) -> None:
    """As if `user` had signed in at `url`."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def objections(page: Page, url: str) -> list[tuple[str, str]]:
    """Filled while the page is used: errors in its console, scripts that fail, requests to elsewhere, dialogs."""
    found: list[tuple[str, str]] = []
    page.on("console", lambda said: found.append((page.url, said.text)) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append((page.url, str(error))))
    page.on("request", lambda to: found.append((page.url, to.url)) if not to.url.startswith((url, "data:")) else None)
    page.on("dialog", lambda dialog: found.append((page.url, dialog.message)))
    return found


def keep(page: Page, name: str) -> None:
    """A screenshot for people, where SHOPKEEPER_SCREENSHOTS names a folder."""
    if folder := os.environ.get("SHOPKEEPER_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def complaints(page: Page, *, best_practice: bool = True, within: str | None = None) -> list[str]:
    """What axe-core has against the page (or `within` it), one line each; its policy must allow scripts."""
    rules = WCAG + ["best-practice"] * best_practice
    wished = {"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    run = "([within, wished]) => axe.run(within || document, wished).then(found => found.violations)"
    return [f"{v['id']}: {node['html'][:160]}" for v in page.evaluate(run, [within, wished]) for node in v["nodes"]]


def looked_at(page: Page, *, width: int, dark: bool) -> None:
    """The same page on another screen; colors change at once, since who looks in mid-fade sees neither."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")


def looks(page: Page, address: str, name: str, *, again: bool = False, ready: str = "") -> Iterator[str]:
    """Opens `address` and looks at it on a phone and at a desk, in light and dark; yields the name by which it is kept.
    `again`: loaded anew for each look, since scripts decide as it loads; `ready`: selects what these must make."""
    for number, (width, dark) in enumerate(product((PHONE, DESK), (False, True))):
        looked_at(page, width=width, dark=dark)
        if number == 0:
            page.goto(address)
        elif again:
            page.reload()
        if ready:
            page.wait_for_selector(ready)
        look = f"{name}-{width}-{'dark' if dark else 'light'}"
        keep(page, look)
        yield look


def tab_to(page: Page, target: Locator, *, key: str = "Tab") -> None:
    """By that key alone, as who has no mouse."""
    for _ in range(FAR):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is not reached by {key}")


def choose(page: Page, name: str, value: str) -> None:
    """A radio by Tab and arrows alone: Tab comes to the group, arrows go through it."""
    for _ in range(FAR):
        if page.locator(f"[name='{name}']:focus").count():
            break
        page.keyboard.press("Tab")
    wished = page.locator(f"[name='{name}'][value='{value}']")
    tab_to(page, wished, key="ArrowDown")
    if not wished.is_checked():
        page.keyboard.press("Space")


def press(page: Page, name: str) -> None:
    """A button or a link, by the keyboard alone."""
    tab_to(page, page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first)
    page.keyboard.press("Enter")


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
