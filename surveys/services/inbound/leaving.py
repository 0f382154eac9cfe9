"""What a mail takes along so that whatever comes back of it finds its way (`return_addresses`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from surveys.models import Message
from surveys.services.inbound.return_addresses import Purpose, return_address, token_of

BY_PROVIDER = "anymail."  # backends that speak to a provider's API, which keeps the return path to itself


def with_way_back(mail: EmailMultiAlternatives, message: Message) -> EmailMultiAlternatives:
    """The mail with a return path, a Reply-To and an unsubscribe address of its own, where mail can come back
    (settings.INBOUND_DOMAIN), and with what a provider has to tell us it by, where one carries it."""
    if settings.EMAIL_BACKEND.startswith(BY_PROVIDER):
        _tell_provider(mail, message)
    if not settings.INBOUND_DOMAIN:
        return mail
    stop = return_address(Purpose.STOP, message)
    mail.reply_to = [return_address(Purpose.REPLY, message)]
    # no blank between the two: a line that cannot be folded is signed as it is sent
    mail.extra_headers["List-Unsubscribe"] += f",<mailto:{stop}?subject=unsubscribe>"
    if not settings.EMAIL_BACKEND.startswith(BY_PROVIDER):
        mail.extra_headers["From"] = mail.from_email  # the sender that people see; Django sends from the other
        mail.from_email = return_address(Purpose.BOUNCE, message)
    return mail


def _tell_provider(mail: Any, message: Message) -> None:
    """Its notices bring the token back. Rewritten links would break the scores in them, hence no tracking."""
    mail.metadata = {"message": token_of(Purpose.BOUNCE, message)}
    mail.track_clicks = mail.track_opens = False
