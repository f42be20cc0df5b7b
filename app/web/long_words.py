"""Break opportunities in long words of pages: e-mail addresses, names, keys, web addresses.

A word of up to `FITS` characters fits on a line of the narrowest window (320 pixels). A longer one
gets a `<wbr>` at its punctuation, and each piece that is still longer may break anywhere
(`sa-long` in the style sheet). This runs on the finished page, so it covers every template, the
macros of GOV.UK Frontend included, and needs nothing in them.
"""

import re
from html import unescape

from flask import Flask, Response

FITS = 30

_TAGS_AND_LONG_WORDS = re.compile(
    # Elements whose text must not hold other elements, or is set on lines by itself.
    r"<(script|style|title|textarea|option|pre|svg)\b.*?</\1\s*>"
    r"|<!--.*?-->"
    r"|<[^>]*>"
    rf"|(?<![^\s>])[^\s<>]{{{FITS + 1},}}",
    re.DOTALL | re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"(?<=[^\s])(?=[@._+=?][\w%])|(?<=[-/,])(?=[\w%~])")


def install(app: Flask) -> None:
    """Add break opportunities to long words in every page."""
    app.after_request(_break_long_words)


def with_breaks(page: str) -> str:
    """Return the HTML page with break opportunities in its long words."""
    return _TAGS_AND_LONG_WORDS.sub(_replacement, page)


def _break_long_words(response: Response) -> Response:
    redirects = 300 <= response.status_code < 400
    if response.mimetype == "text/html" and not response.direct_passthrough and not redirects:
        response.set_data(with_breaks(response.get_data(as_text=True)))
    return response


def _replacement(match: re.Match[str]) -> str:
    found = match.group()
    if found.startswith("<") or len(unescape(found)) <= FITS:
        return found
    return "<wbr>".join(_piece(piece) for piece in _PUNCTUATION.split(found))


def _piece(piece: str) -> str:
    if len(unescape(piece)) <= FITS:
        return piece
    return f'<span class="sa-long">{piece}</span>'
