"""Addresses in the one form in which they are compared: e-mail in lower case, phone numbers in E.164."""

from __future__ import annotations

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_ADDRESS = 254


def normalize(channel: str, address: str) -> str:
    """The normal form of one address on "email", "sms" or "phone". Raises ValueError with a message for people."""
    return _email(address) if channel == "email" else _phone(address)


def _email(address: str) -> str:
    text = address.strip().lower()
    try:
        validate_email(text)  # refuses lists such as "b@x.org, c@x.org", which SMTP would choke on
    except ValidationError as error:
        raise ValueError("This is not one e-mail address.") from error
    return text


def _phone(address: str) -> str:
    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException as error:
        raise ValueError("Give the number with its country code, such as +44 20 7946 0471.") from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("This telephone number does not exist.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
