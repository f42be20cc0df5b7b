"""A mail as it goes out: plain text, and the same text as simple HTML."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from app.clock import now
from app.outbox.html import as_html


@dataclass(frozen=True)
class RenderedMail:
    """A mail to deliver. identifier: the same at every attempt.

    repeated: whether an earlier attempt may have delivered it already.
    """

    identifier: str
    recipient: str
    subject: str
    text: str
    repeated: bool = False


def compose(mail: RenderedMail, *, sender: str, issuer: str) -> EmailMessage:
    """Compose the message. Raises ValueError where an address would break a header."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    # The same at every attempt, so that a mail program shows a mail that came twice once.
    message["Message-ID"] = f"<{mail.identifier}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(as_html(mail.subject, mail.text, issuer), subtype="html")
    return message
