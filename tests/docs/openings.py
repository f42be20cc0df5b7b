"""Check that no sentence of a docstring or comment begins with a banned word.

`python -m tests.docs.openings` (part of `make lint`) prints each one and fails. The reasons are in
docs/decisions/0025: such a sentence names its subject late or not at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from tests.docs.prose import read_prose
from tests.files import read_text_files

BANNED = ("What", "Who", "Whoever", "Whatever", "Nobody", "So many", "It is what")
_OPENING = re.compile(rf"(?:{'|'.join(BANNED)})\b")
_SENTENCE_END = re.compile(r"(?<=[.:!?])\s+(?=[A-Z`])")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


def banned_sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each banned sentence in the docstrings and comments of a module.

    The line is the first one of the docstring or comment.
    """
    for line, text in read_prose(source):
        for paragraph in _PARAGRAPH_END.split(text):
            for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
                if _OPENING.match(sentence):
                    yield line, sentence


def main() -> int:
    found = [
        f"{path}:{line}: {sentence}"
        for path, source in read_text_files((".py",))
        for line, sentence in banned_sentences(source)
    ]
    for each in found:
        sys.stderr.write(f"{each}\n")
    if found:
        sys.stderr.write(f"Begin the sentence with its subject, not with {', '.join(BANNED)}.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
