"""Transports of mail: GOV.UK Notify, a mail server, or a folder of `.eml` files."""

import smtplib
import ssl
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from app.context import PerApplication
from app.outbox.message import RenderedMail, compose
from app.outbox.notify import Notify
from app.outbox.refusals import PermanentRefusal, describe_refusal, is_final
from app.settings import AppSettings, settings

_TIMEOUT_SECONDS = 15
SMTP_OK = 250
MAILS_PER_CONNECTION = 50
"""Mail servers end connections that carry many more."""


class Transport(Protocol):
    """Delivery of one mail."""

    def deliver(self, mail: RenderedMail, /) -> None:
        """Deliver the mail.

        Raises PermanentRefusal if the receiver refuses this mail for good, ValueError if the mail
        cannot be encoded, and OSError, the base of smtplib's exceptions, if another attempt may
        succeed.
        """

    def close_idle(self, seconds: float, /) -> None:
        """Close connections that have carried no mail for so many seconds."""


class Folder:
    """Writes each mail to a file of its own, which is complete as soon as it exists."""

    def __init__(self, settings: AppSettings, directory: Path) -> None:
        self.settings = settings
        self.directory = directory

    def deliver(self, mail: RenderedMail) -> None:
        identifier = mail.identifier
        message = compose(mail, sender=self.settings.mail_from, issuer=self.settings.issuer)
        self.directory.mkdir(parents=True, exist_ok=True)
        unfinished = self.directory / f".{identifier}"
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(self.directory / f"{identifier}.eml")

    def close_idle(self, _seconds: float, /) -> None:
        return


@dataclass(frozen=True)
class _IdleConnection:
    """An open connection that no thread uses: the mails that it has carried, and since when."""

    server: smtplib.SMTP
    mails: int
    since: float


class MailServer:
    """Delivers mail by SMTP, on connections that are kept from one mail to the next.

    Each thread that delivers has a connection to itself for the time of a mail.
    """

    def __init__(self, settings: AppSettings) -> None:
        self.settings = settings
        self._idle: deque[_IdleConnection] = deque()

    def deliver(self, mail: RenderedMail) -> None:
        message = compose(mail, sender=self.settings.mail_from, issuer=self.settings.issuer)
        found = self._usable_connection()
        server, mails = found or (self._connect(), 0)
        try:
            _send(server, message)
        except PermanentRefusal:
            self._keep(server, mails + 1)
            raise
        except BaseException:
            _close(server)
            raise
        self._keep(server, mails + 1)

    def close_idle(self, seconds: float, /) -> None:
        for _ in range(len(self._idle)):
            with suppress(IndexError):
                idle = self._idle.popleft()
                if time.monotonic() - idle.since < seconds:
                    self._idle.append(idle)
                else:
                    _close(idle.server)

    def _keep(self, server: smtplib.SMTP, mails: int) -> None:
        if mails < MAILS_PER_CONNECTION:
            self._idle.append(_IdleConnection(server, mails, time.monotonic()))
        else:
            _close(server)

    def _usable_connection(self) -> tuple[smtplib.SMTP, int] | None:
        """Return a kept connection that the mail server still answers, and its mails."""
        with suppress(IndexError):
            while True:
                idle = self._idle.pop()
                with suppress(OSError):
                    if idle.server.noop()[0] == SMTP_OK:
                        return idle.server, idle.mails
                _close(idle.server)
        return None

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host,
                settings.smtp_port,
                timeout=_TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_SECONDS)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_username and settings.smtp_password:
                server.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        except BaseException:
            _close(server)
            raise
        return server


def _close(server: smtplib.SMTP) -> None:
    # The reply to QUIT does not concern the mails, which have been accepted or rejected, and a mail
    # server that does not respond would delay the other jobs of the worker.
    with suppress(OSError):
        server.putcmd("quit")
    server.close()


def _send(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPException as error:
        if is_final(error):
            raise PermanentRefusal(describe_refusal(error)) from None
        raise


def _chosen_transport() -> Transport:
    chosen = settings()
    if chosen.mail_directory:
        return Folder(chosen, chosen.mail_directory)
    if chosen.notify_api_key and chosen.notify_template_id:
        return Notify(chosen.notify_api_key, chosen.notify_template_id, chosen.notify_url)
    return MailServer(chosen)


transport = PerApplication("app.outbox.transport", _chosen_transport)
"""The transport that the settings choose: a folder, GOV.UK Notify or a mail server."""
