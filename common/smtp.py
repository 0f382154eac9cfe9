"""Django's SMTP backend, with a witness: was the body of a message under way when the line went dead?"""

from __future__ import annotations

import smtplib

from django.core.mail.backends.smtp import EmailBackend


class _Witness(smtplib.SMTP):
    """Remembers whether the server's last word was 354 (go ahead with the body): from there on a lost connection
    leaves open whether the message was accepted (RFC 5321, 6.1)."""

    body_began = False

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        self.body_began = code == 354
        return code, text


class _WitnessOverTLS(_Witness, smtplib.SMTP_SSL):
    pass


class WatchedBackend(EmailBackend):
    """`settings.EMAIL_BACKEND` for SMTP."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _WitnessOverTLS if self.use_ssl else _Witness
