"""A real Chromium for tests marked `browser`; they say so and skip where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESK = 390, 1280  # pixels wide
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
        yield driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])


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
    found = (
        Axe().run(page, context=within, options={"runOnly": {"type": "tag", "values": rules}}).response["violations"]
    )
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
