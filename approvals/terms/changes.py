"""Changes between two versions of terms, paragraph by paragraph. Pure."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from identity.ports import ChangedParagraph

_MARKS = re.compile(r"^(?:#+|[-*+>]|\d+[.)])\s+|[*_`]|\[(?P<text>[^\]]*)\]\([^)]*\)", re.MULTILINE)


def changed_paragraphs(earlier: str, later: str) -> Sequence[ChangedParagraph]:
    """Return the paragraphs that differ, in the order of the later text, without Markdown."""
    before, after = _paragraphs(earlier), _paragraphs(later)
    found = []
    for kind, start, end, first, last in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            found.append(
                ChangedParagraph("\n".join(before[start:end]), "\n".join(after[first:last]))
            )
    return found


def _paragraphs(text: str) -> list[str]:
    # A list item is a paragraph of its own.
    pieces = re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)", text)
    words = (" ".join(_MARKS.sub(_text_of, piece).split()) for piece in pieces)
    return [each for each in words if each]


def _text_of(found: re.Match[str]) -> str:
    return found["text"] or ""
