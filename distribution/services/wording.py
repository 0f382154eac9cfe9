"""What stands of a customer in a mail to staff: the first name, and words without numbers, unless MAIL_DETAILS."""

from __future__ import annotations

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
