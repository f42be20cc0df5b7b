"""A mail as it goes out: plain text, and the same text as simple HTML.

Only a line that is nothing but an address of this service becomes a link.
"""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from markupsafe import Markup, escape

from app.clock import now


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
    message.add_alternative(_as_html(mail.subject, mail.text, issuer), subtype="html")
    return message


def _as_html(subject: str, text: str, issuer: str) -> str:
    paragraphs = [_paragraph(block, issuer) for block in re.split(r"\n\s*\n", text.strip())]
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title></head>'
            '<body style="font-family: sans-serif; font-size: 1.1em; line-height: 1.5">{}</body>'
            "</html>"
        ).format(subject, Markup("").join(paragraphs))
    )


def _paragraph(block: str, issuer: str) -> Markup:
    lines = [_render_line(line.strip(), issuer) for line in block.splitlines()]
    return Markup("<p>{}</p>").format(Markup("<br>").join(lines))


def _render_line(line: str, issuer: str) -> Markup:
    if line.startswith(f"{issuer}/") and " " not in line:
        return Markup('<a href="{0}">{0}</a>').format(line)
    return escape(line)
