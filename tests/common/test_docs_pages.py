"""The API's pages for people: a text by hand for each resource, all that the schema knows, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

from common.api.reference import pretty, resources

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", resources())
def test_every_resource_has_a_page_written_by_hand(name):
    words = (DOCS / "api" / f"{name}.md").read_text()
    assert re.match(rf"# {resources()[name].title}\n\n\S.{{40}}", words), "a title, then a sentence: what it is"


def test_every_page_is_of_a_resource_and_linked_from_the_entrance():
    pages = {path.stem for path in (DOCS / "api").glob("*.md")}
    assert pages == set(resources())
    assert {name for name in pages if f"(api/{name}.md)" in (DOCS / "api.md").read_text()} == pages


@pytest.mark.parametrize("name", ["offer-outcomes", "learned-details", "consents"])
def test_what_stands_at_the_address_of_another_row_has_a_page_of_its_own(client, name):
    assert {route.route.rpartition("/")[2] for route in resources()[name].operations} == {name}
    assert client.get(f"/api/docs/{name}/").status_code == 200


@pytest.mark.parametrize("name", resources())
def test_a_page_shows_fields_operations_and_examples(client, name):
    page = client.get(f"/api/docs/{name}/")
    html = page.content.decode()
    assert page.status_code == 200
    for operation in resources()[name].operations:
        assert f'id="{operation.name}"' in html
        assert html.count("curl ") >= len(operation.examples)
        for field in (*operation.parameters, *operation.body):
            assert f"<code>{field.name}</code>" in html
    assert not re.search(r'(?:src|href)="https?://', html)
    told = re.findall(r'<(?:p class="fields__a"|span class="fields__k")>(.*?)</(?:p|span)>', html, re.DOTALL)
    assert [words for words in told if "`" in words or words.endswith("one of")] == []


def test_the_entrance_leads_to_every_page_and_its_links_exist(client):
    html = client.get("/api/docs/").content.decode()
    links = set(re.findall(r'href="(/api/[^"#]*)', html))
    assert {f"/api/docs/{name}/" for name in resources()} <= links
    assert {client.get(link).status_code for link in links} == {200}
    assert "<table class=" in html


def test_a_page_that_does_not_exist_is_not_found(client):
    assert client.get("/api/docs/parcels/").status_code == 404


def test_fields_are_told_in_words():
    (send,) = [found for found in resources()["customers"].operations if found.name == "customers_create"]
    kinds = {field.name: (field.kind, field.required) for field in send.body}
    assert kinds["external_id"] == ("text, at most 120", True)
    assert kinds["unit"] == ("text, at most 120 or object or null", False)
    assert kinds["contact_points"] == ("list of objects", False)
    assert kinds["as_of"] == ("moment with offset", False)
    points = next(field for field in send.body if field.name == "contact_points")
    assert {field.name: field.kind for field in points.inner}["channel"] == "one of email, sms, phone"


def test_json_is_written_as_a_person_would():
    assert pretty({"a": 1, "b": []}) == '{"a": 1, "b": []}'
    assert pretty({"name": "x" * 60, "list": [1, 2]}) == '{\n  "name": "' + "x" * 60 + '",\n  "list": [1, 2]\n}'
