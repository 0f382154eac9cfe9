"""A page as a PDF, drawn by WeasyPrint from the page's own HTML with a sheet of its own: the same words and figures.

WeasyPrint is an extra (requirements/pdf.txt) and draws text by the system's Pango: where either is missing there is no
PDF, and the page is printed from the browser. It is loaded when the first PDF is asked for, since most processes never
need it. Nothing is fetched: two style sheets are read from disk, all else is refused.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib.staticfiles import finders

HERE = "https://page.invalid"  # no host has such a name (RFC 2606): nothing can be fetched by mistake
SHEETS = {"css/tokens.css": "css/tokens.css", "css/staff.css": "css/printed.css"}  # what a page asks for, what it gets


class NoPaperError(Exception):
    """There is no WeasyPrint, or no Pango for it."""


def can_print() -> bool:
    """Whether WeasyPrint is there; that Pango is, shows only when it is loaded."""
    try:
        return find_spec("weasyprint") is not None
    except ValueError:  # it was taken out of reach
        return False


def printed(html: str) -> bytes:
    """The PDF of a page of ours, tagged so that it can be read aloud. NoPaperError where none can be made."""
    weasyprint = _weasyprint()
    made: bytes = weasyprint.HTML(string=html, base_url=HERE, url_fetcher=own_files).write_pdf(pdf_tags=True)
    return made


@cache
def _weasyprint() -> Any:
    try:
        return import_module("weasyprint")
    except (ImportError, OSError) as absent:  # OSError: the library is there, Pango is not
        raise NoPaperError(str(absent)) from absent


def own_files(url: str) -> Any:
    """A style sheet of ours, from disk. ValueError for anything else, which WeasyPrint then goes without."""
    name = unquote(url).removeprefix(f"{HERE}/{settings.STATIC_URL.strip('/')}/")
    found = finders.find(SHEETS[name]) if name in SHEETS else None
    if found is None:
        raise ValueError(f"not a style sheet of ours: {url}")
    response: Any = import_module("weasyprint.urls").URLFetcherResponse
    return response(url, Path(str(found)).read_bytes(), {"Content-Type": "text/css"})
