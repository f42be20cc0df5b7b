"""The text of a mail as simple HTML: the same words, lists and links, and nothing from elsewhere.

There is no second set of templates. Only a line that is nothing but an address of this service
becomes a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from markupsafe import Markup, escape

BULLET = "- "
_PAGE = Markup(
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    # Without colours of its own the page follows the reader's choice of light or dark.
    '<meta name="color-scheme" content="light dark"><title>{}</title></head>'
    '<body style="margin: 0 auto; max-width: 38em; padding: 1em; font-family: sans-serif; '
    'font-size: 1.1em; line-height: 1.5; overflow-wrap: anywhere">{}</body></html>'
)


def as_html(subject: str, text: str, issuer: str) -> str:
    """Return the text as an HTML page. The subject is its title, and is not repeated in it."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return str(_PAGE.format(subject, _join(_block(block, issuer) for block in blocks)))


def _block(block: str, issuer: str) -> Markup:
    """Return paragraphs and lists: lines that begin with a bullet are items of one list."""
    lines = [line.lstrip() for line in block.splitlines()]
    found = []
    for is_list, group in groupby(lines, lambda line: line.startswith(BULLET)):
        if is_list:
            items = (
                Markup("<li>{}</li>").format(line.removeprefix(BULLET).rstrip()) for line in group
            )
            found.append(Markup("<ul>{}</ul>").format(_join(items)))
        else:
            rendered = [_line(line, issuer) for line in group]
            found.append(Markup("<p>{}</p>").format(Markup("<br>").join(rendered)))
    return _join(found)


def _line(text: str, issuer: str) -> Markup:
    line = text.rstrip()
    if line.startswith(f"{issuer}/") and " " not in line:
        return Markup('<a href="{0}">{0}</a>').format(line)
    return escape(line)


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
