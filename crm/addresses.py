"""Addresses in the one form in which they are compared: e-mail in lower case, phone numbers in E.164.

The part before the @ is compared in lower case too: RFC 5321 leaves it to the receiver, but no provider tells two
customers apart by it, while people write it either way. The address itself is kept as it was given. A domain that is
not ASCII is compared as its A-label (RFC 5891).
"""

from __future__ import annotations

import idna
import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_ADDRESS = 254  # RFC 5321: 256 with the angle brackets
MAX_LOCAL = 64


def normalize(channel: str, address: str) -> str:
    """The normal form of one address on "email", "sms" or "phone". Raises ValueError with a message for people."""
    return _email(address) if channel == "email" else _phone(address)


def _email(address: str) -> str:
    text = address.strip().lower()
    if not text.isascii():
        text = _in_ascii(text)
    if len(text) > MAX_ADDRESS or len(text.rpartition("@")[0]) > MAX_LOCAL:
        raise ValueError(f"An e-mail address has at most {MAX_LOCAL} characters before the @ and {MAX_ADDRESS} in all.")
    try:
        validate_email(text)  # refuses lists such as "b@x.org, c@x.org", which SMTP would choke on
    except ValidationError as error:
        raise ValueError("This is not one e-mail address.") from error
    return text


def _in_ascii(text: str) -> str:
    local, at, domain = text.rpartition("@")
    try:
        return local + at + idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("There is no domain of this name.") from error


def _phone(address: str) -> str:
    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException as error:
        raise ValueError("Give the number with its country code, such as +44 20 7946 0471.") from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("This telephone number does not exist.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(channel: str, address: str) -> str:
    """Enough to recognize an address that one knows: "i…@example.org", "… 71"."""
    if channel == "email":
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"… {address[-2:]}"
