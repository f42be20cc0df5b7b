"""Transports of mail: a mail server, or a folder of `.eml` files."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from app.outbox.refusals import PermanentRefusal, describe_refusal, is_final
from app.settings import AppSettings

_TIMEOUT_SECONDS = 15


class Transport(Protocol):
    """Delivery of one mail."""

    def deliver(self, message: EmailMessage, identifier: str, /) -> None:
        """Deliver the mail.

        Raises PermanentRefusal if no other attempt can succeed, and OSError, the base of smtplib's
        exceptions, if one may.
        """


class Folder:
    """Writes each mail to a file of its own, which is complete as soon as it exists."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def deliver(self, message: EmailMessage, identifier: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        unfinished = self.directory / f".{identifier}"
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(self.directory / f"{identifier}.eml")


class MailServer:
    """Delivers mail by SMTP."""

    def __init__(self, settings: AppSettings) -> None:
        self.settings = settings

    def deliver(self, message: EmailMessage, _identifier: str) -> None:
        server = self._connect()
        try:
            if self.settings.smtp_username and self.settings.smtp_password:
                server.login(
                    self.settings.smtp_username, self.settings.smtp_password.get_secret_value()
                )
            _send(server, message)
        finally:
            # The reply to QUIT does not concern the mail, which has been accepted or rejected.
            with suppress(OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        if settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(
                settings.smtp_host,
                settings.smtp_port,
                timeout=_TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_SECONDS)
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server


def _send(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPException as error:
        if is_final(error):
            raise PermanentRefusal(describe_refusal(error)) from None
        raise


def transport(settings: AppSettings) -> Transport:
    """Return the transport that the settings choose: a folder or a mail server."""
    return Folder(settings.mail_directory) if settings.mail_directory else MailServer(settings)
