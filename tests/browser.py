"""A real Chromium for tests marked `browser`; they say so and skip where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESK = 390, 1280  # pixels wide
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
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


def complaints(page: Page, *, best_practice: bool = True) -> list[str]:
    """What axe-core has against the page as it stands, one line each; the page's own policy must allow scripts."""
    rules = WCAG + ["best-practice"] * best_practice
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}}).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
