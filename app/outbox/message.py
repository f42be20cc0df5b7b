"""A mail as it goes out: plain text, and the same text as simple HTML."""

import re
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

from markupsafe import Markup, escape

from app.clock import now

_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,)]")


def compose(
    *, sender: str, recipient: str, subject: str, text: str, identifier: str
) -> EmailMessage:
    """Raises ValueError where an address would break a header."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(now())
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = make_msgid(idstring=identifier, domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(_as_html(subject, text), subtype="html")
    return message


def _as_html(subject: str, text: str) -> str:
    paragraphs = [_paragraph(block) for block in re.split(r"\n\s*\n", text.strip())]
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title></head>'
            '<body style="font-family: sans-serif; font-size: 1.1em; line-height: 1.5">{}</body>'
            "</html>"
        ).format(subject, Markup("").join(paragraphs))
    )


def _paragraph(block: str) -> Markup:
    lines = [_with_links(line) for line in block.splitlines()]
    return Markup("<p>{}</p>").format(Markup("<br>").join(lines))


def _with_links(line: str) -> Markup:
    parts: list[Markup] = []
    position = 0
    for match in _ADDRESS.finditer(line):
        parts.append(escape(line[position : match.start()]))
        parts.append(Markup('<a href="{0}">{0}</a>').format(match.group()))
        position = match.end()
    parts.append(escape(line[position:]))
    return Markup("").join(parts)
