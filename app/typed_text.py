"""The rule for names, reasons and other texts that one person types and another person reads.

Mail programs and browsers turn web and e-mail addresses into links. A name that contains one would
put a link of its author's choice into a mail of ours, so such texts are refused when they are
entered.
"""

import unicodedata

from app.refusal import RefusalError

LONGEST_NAME = 100
LONGEST_REASON = 500

_LINK_MARKS = ("://", "www.", "@")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
# Full stops of other scripts that browsers accept in host names (UTS #46, section 4).
_FULL_STOPS = str.maketrans("。．｡", "...")


def collapse_spaces(text: str | None) -> str | None:
    """Return the text trimmed, with single spaces and without invisible characters."""
    if text is None:
        return None
    visible = "".join(" " if char.isspace() else char for char in text)
    visible = "".join(char for char in visible if unicodedata.category(char) not in _INVISIBLE)
    return " ".join(visible.split())


def clean_text(text: str | None, label: str, longest: int = LONGEST_NAME) -> str:
    """Return the text tidied. `label` is what the form calls it, such as "Last name".

    Raises RefusalError for a text with a line break, a part of a web or e-mail address, or more
    than `longest` characters.
    """
    text = text or ""
    if len(text.strip().splitlines()) > 1:
        raise RefusalError.of("text_lines", f"{label} must be on one line.")
    cleaned = collapse_spaces(text) or ""
    compared = unicodedata.normalize("NFKC", cleaned).translate(_FULL_STOPS).casefold()
    if any(mark in compared for mark in _LINK_MARKS):
        raise RefusalError.of("text_link", f"{label} must not include @, www. or ://.")
    if len(cleaned) > longest:
        raise RefusalError.of("text_length", f"{label} must be {longest} characters or fewer.")
    return cleaned
