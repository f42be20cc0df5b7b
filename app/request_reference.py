"""A request's reference: short enough to read out, and enough to find what the request did.

It is the first half of the request's id, which begins with the time: two of one millisecond can
share it, and a search then shows both.
"""

import re

LENGTH = 18
_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}")


def short_reference(request_id: str) -> str:
    """Return the short form of a request's id that pages show."""
    return request_id[:LENGTH].upper()


def request_id_prefix(text: str) -> str | None:
    """Return the prefix of the request ids with this reference, or None for other texts."""
    found = text.strip().lower()
    return found if _FORM.fullmatch(found) else None
