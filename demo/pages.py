"""A survey answered the way a customer's browser does it: open the link of the mail, fill in what is there, send."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from demo.truth.minds import Answer


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)  # codes of further questions on the page


class _Reader(HTMLParser):
    """The first form of a page, with what it would send if nobody touched it."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None and given.get("method", "").lower() == "post":
            self.form, self._inside = Form(given.get("action", "")), True
        elif tag == "input" and self._inside and self.form and given.get("name"):
            chosen = given.get("type") not in {"radio", "checkbox", "submit"} or "checked" in given
            if given["name"] == "shown":
                self.form.shown.append(given.get("value", ""))
            elif chosen:
                self.form.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def form_on(page: httpx.Response) -> Form | None:
    reader = _Reader()
    reader.feed(page.text)
    return reader.form


def take_survey(client: httpx.Client, link: str, said: Answer) -> str:
    """Answer the survey behind `link`; where the customer ended up."""
    page = client.get(link)
    page = _send(client, page, score=str(said.score))
    if not said.comment and said.callback is None:
        return str(page.url)  # closed the window
    page = _further(client, _send(client, page, comment=said.comment), said)
    if said.callback is None:
        return str(page.url)
    quote = {"quote": "on"} if said.score >= 9 else {}
    page = _send(client, page, call="yes" if said.callback else "no", best="any", **quote)
    return str(page.url)


def _further(client: httpx.Client, page: httpx.Response, said: Answer) -> httpx.Response:
    """Answer what is asked further, a page after the other; who would leave before the end leaves here."""
    while said.callback is not None and (form := form_on(page)) and form.shown and page.status_code == 200:
        given = {code: _written(said.further[code]) for code in form.shown if said.further.get(code) is not None}
        page = _send(client, page, shown=form.shown, **given)
    return page


def _written(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _send(client: httpx.Client, page: httpx.Response, **values: str | list[str]) -> httpx.Response:
    form = form_on(page)
    if form is None or page.status_code != 200:
        return page
    return client.post(page.url.join(form.action), data={**form.fields, **values})
