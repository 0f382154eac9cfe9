"""What stands of a customer in a mail to staff, and on the page that its link opens: the first name, and words without
numbers, unless MAIL_DETAILS."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from crm.models import Customer
from distribution.naming import first, without_addresses

LONGEST = 600  # characters of a customer's words in a mail


def name_in_mail(customer: Customer | None) -> str:
    if customer is None:
        return first("")
    return customer.name if settings.MAIL_DETAILS else first(customer.given_name)


def words_in_mail(text: str) -> str:
    """Cut at a word, if there is one to cut at."""
    words = text if settings.MAIL_DETAILS else without_addresses(text)
    if len(words) <= LONGEST:
        return words
    return words[: words.rfind(" ", 0, LONGEST) if " " in words[:LONGEST] else LONGEST] + " …"


def row_in_mail(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a digest that is about a customer."""
    name = row["name"] if settings.MAIL_DETAILS else first(row["name"])
    return row | {"name": name, "words": words_in_mail(row["words"])}


def content_in_mail(content: dict[str, Any]) -> dict[str, Any]:
    """A digest's content with each of its customers as in the mail; the colleagues who served them keep their names."""
    calls, answers, loop = content["calls"], content["answers"], content["loop"]
    oldest = loop["oldest"] and row_in_mail(loop["oldest"] | {"words": ""})
    praise = [person | {"rows": [_words_alone(row) for row in person["rows"]]} for person in content["praise"]]
    return content | {
        "calls": calls | {"rows": [row_in_mail(row) for row in calls["rows"]]},
        "answers": answers | {"rows": [row_in_mail(row) for row in answers["rows"]]},
        "jumps": [row_in_mail(row) for row in content["jumps"]],
        "praise": praise,
        "loop": loop | {"oldest": oldest},
    }


def _words_alone(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"words": words_in_mail(row["words"])}
