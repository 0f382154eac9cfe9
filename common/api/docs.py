"""The docs pages: what people wrote (`docs/api.md`, a page a resource in `docs/api/`) and what the schema says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularSwaggerSplitView
from markdown_it import MarkdownIt

from common.api.reference import Resource, resources, schema_json
from common.api.schema import ANSWERS

FOLDER = Path(settings.BASE_DIR) / "docs"
_PAGE = re.compile(r'href="(?:api/)?([a-z-]+)\.md(#[^"]*)?"')  # a link between pages of the folder, as on disk
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)


@require_safe
@never_cache
def schema_view(_request: HttpRequest) -> HttpResponse:
    """The schema for machines: OpenAPI 3.1."""
    return HttpResponse(schema_json(), content_type="application/json")


@require_safe
@never_cache
def entrance(request: HttpRequest) -> HttpResponse:
    """What the API is, how to come in, and what there is."""
    rows = [(found, _first_sentence(found)) for found in resources().values()]
    return render(request, "api/entrance.html", {"text": _text("api.md"), "resources": rows, "answers": ANSWERS})


@require_safe
@never_cache
def resource_page(request: HttpRequest, name: str) -> HttpResponse:
    """One resource: text, fields, operations, examples."""
    found = resources().get(name)
    if found is None:
        raise Http404
    page = {"text": _text(f"api/{name}.md"), "resource": found, "resources": list(resources().values())}
    return render(request, "api/resource.html", page)


# swagger-ui writes style attributes; its script stays a file of ours, so scripts keep the strict rule
@method_decorator(csp_replace({"style-src": ["'self'", "'unsafe-inline'"]}), name="dispatch")
class TryPage(SpectacularSwaggerSplitView):
    """Every route to try with a key, from files of our own."""

    template_name = "api/try.html"


@cache
def _text(name: str) -> SafeString:
    """A page of ours as HTML, without its title; links between pages lead to the pages here."""
    path = FOLDER / name
    if not path.is_file():
        return SafeString("")
    words = re.sub(r"\A# .*\n", "", path.read_text(encoding="utf-8"))
    html = MarkdownIt("commonmark").enable("table").render(words)
    html = _PAGE.sub(_leads, html)
    html = _TABLE.sub(r'<div class="scroll" tabindex="0"><table class="tbl">\1</table></div>', html)
    return mark_safe(html)  # noqa: S308 - our own files, rendered without raw HTML


def _leads(link: re.Match[str]) -> str:
    """To the page here, if there is one; other pages are on disk only."""
    return f'href="/api/docs/{link[1]}/{link[2] or ""}"' if link[1] in resources() else 'href="/api/docs/"'


def _first_sentence(resource: Resource) -> str:
    path = FOLDER / "api" / f"{resource.name}.md"
    words = path.read_text(encoding="utf-8").split("\n\n") if path.is_file() else ["", ""]
    return re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(words[1].split())).partition(". ")[0].rstrip(".") + "."
