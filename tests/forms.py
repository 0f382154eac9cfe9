"""Pages as a machine reads them: their forms, to be filled with anything, and the parameters that their links carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit


@dataclass
class PageForm:
    action: str
    method: str
    places: list[str] = field(default_factory=list)  # where its buttons send it, other than to `action`
    fields: dict[str, list[str]] = field(default_factory=dict)  # name: values that the page offers
    words: set[str] = field(default_factory=set)  # fields that take any text

    def filled(self, text: str) -> dict[str, str]:
        """As the page offers it, with `text` wherever text can be written."""
        offered = {name: values[0] for name, values in self.fields.items() if values}
        return offered | dict.fromkeys(self.words, text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(said.get("action", ""), said.get("method", "get").lower()))
        elif tag == "a":
            self.links.append(said.get("href", ""))
        elif tag == "option" and self.forms and self.select and said.get("value"):
            self.forms[-1].fields[self.select].append(said["value"])
        elif tag in {"input", "textarea", "select", "button"} and self.forms and said.get("name"):
            self._field(tag, said)

        if said.get("formaction") and self.forms:
            self.forms[-1].places.append(said["formaction"])

    def _field(self, tag: str, said: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], said["name"], said.get("type", "text")
        values = form.fields.setdefault(name, [])
        if tag == "select":
            self.select = name
        elif tag == "textarea" or (tag == "input" and kind not in {"hidden", "radio", "checkbox", "submit", "file"}):
            form.words.add(name)
        elif "value" in said:
            values.append(said["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


def forms_in(html: str) -> list[PageForm]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def links_in(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    return reader.links


def parameters_in(html: str) -> set[str]:
    """Names of query parameters that the page's links and its forms by GET carry."""
    reader = _Reader()
    reader.feed(html)
    linked = {name for link in reader.links for name, _ in parse_qsl(urlsplit(link).query, keep_blank_values=True)}
    return linked | {name for form in reader.forms if form.method == "get" for name in form.fields}
