"""A mail server that keeps what it is sent.

with smtp.running() as server:
    ...                                  # send to server.host, server.port
    mail = server.wait_for(1)[0]
    mail.recipients, mail.message["Subject"]
"""

import asyncio
import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import ports


@dataclass(frozen=True)
class Mail:
    """One delivery: the envelope's addresses and the message."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """The plain text of the message."""
        part = self.message.get_body(("plain",))
        return part.get_content() if isinstance(part, EmailMessage) else ""


@dataclass
class MailServer:
    """Where to send, and what was sent so far, oldest first."""

    port: int
    host: str = ports.HOST
    received: list[Mail] = field(default_factory=list)
    refusal: str | None = None
    """Answer every delivery with this, such as "451 Try again later", instead of taking it."""

    seconds: float = 0.0
    """Time that a delivery takes."""

    clients: list[SMTP] = field(default_factory=list)
    """The connections that were opened."""

    recipient_refusal: str | None = None
    """Answer every recipient with this, such as "550 5.1.1 Unknown user"."""

    def wait_for(self, count: int, *, seconds: float = 10) -> list[Mail]:
        """Return the received messages, as soon as there are `count` or more."""
        ports.wait_until(
            lambda: len(self.received) >= count,
            seconds=seconds,
            what=f"{count} messages ({len(self.received)} came)",
        )
        return list(self.received)

    def end_connections(self) -> None:
        """End every connection, as a mail server does with one that was idle for long."""
        for client in self.clients:
            if client.transport is not None:
                client.loop.call_soon_threadsafe(client.transport.close)

    def clear(self) -> None:
        """Forget what was received."""
        self.received.clear()

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        host_name: str,
        responses: list[str],
    ) -> list[str]:
        """Greet a client; aiosmtpd calls this once a connection."""
        session.host_name = host_name
        self.clients.append(server)
        return responses

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take one recipient; aiosmtpd calls this."""
        if self.recipient_refusal:
            return self.recipient_refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
    ) -> str:
        """Take one message; aiosmtpd calls this."""
        await asyncio.sleep(self.seconds)
        if self.refusal:
            return self.refusal
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        # Lines end in CRLF on the wire only.
        raw = raw.replace(b"\r\n", b"\n")
        message = email.message_from_bytes(raw, policy=email.policy.default)
        self.received.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        return "250 Taken"


@contextmanager
def running() -> Iterator[MailServer]:
    """A mail server on a free port, stopped at the end."""
    server = MailServer(ports.free_port())
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
