"""Which mail providers mail is sent through by their API, and what each needs to know (django-anymail's names).

They are those whose every answer was tried against a server that plays the provider, and whose notices are taken
(`surveys.channels.providers`). Pure; read by the settings.
"""

from __future__ import annotations

from collections.abc import Mapping

KEYS: Mapping[str, tuple[str, ...]] = {
    "brevo": ("BREVO_API_KEY",),
    "mailersend": ("MAILERSEND_API_TOKEN",),
    "mailgun": ("MAILGUN_API_KEY",),
    "mailjet": ("MAILJET_API_KEY", "MAILJET_SECRET_KEY"),
    "mailtrap": ("MAILTRAP_API_TOKEN",),
    "mandrill": ("MANDRILL_API_KEY",),
    "postal": ("POSTAL_API_KEY", "POSTAL_API_URL"),
    "postmark": ("POSTMARK_SERVER_TOKEN",),
    "resend": ("RESEND_API_KEY",),
    "sparkpost": ("SPARKPOST_API_KEY",),
}


def backend_of(provider: str, told: Mapping[str, object]) -> str:
    """Django's mail backend for it. Raises ValueError, in words, for one that is not offered or is told no key."""
    if provider not in KEYS:
        raise ValueError(f"mail is not sent through {provider!r}; offered are {', '.join(KEYS)}")
    missing = [name for name in KEYS[provider] if not told.get(name)]
    if missing:
        raise ValueError(f"to send through {provider}, SHOPKEEPER_ANYMAIL must have {' and '.join(missing)}")
    return f"anymail.backends.{provider}.EmailBackend"
