"""Check that no sentence of a docstring or comment begins with a banned word.

`python -m tests.docs.openings` (part of `make lint`) prints each one and fails. The reasons are in
docs/decisions/0025: such a sentence names its subject late or not at all.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from itertools import groupby

from tests.files import read_text_files

BANNED = ("What", "Who", "Whoever", "Whatever", "Nobody", "So many", "It is what")
_OPENING = re.compile(rf"(?:{'|'.join(BANNED)})\b")
_SENTENCE_END = re.compile(r"(?<=[.:!?])\s+(?=[A-Z`])")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


def banned_sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each banned sentence in the docstrings and comments of a module.

    Every string that stands alone counts as a docstring, so attributes are covered as well. The
    line is the first one of the docstring or comment.
    """
    for line, text in sorted([*_docstrings(source), *_comments(source)]):
        for paragraph in _PARAGRAPH_END.split(text):
            for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
                if _OPENING.match(sentence):
                    yield line, sentence


def _docstrings(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield each comment; whole lines of comment that follow each other are one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    whole = [token for token in comments if token.line.lstrip().startswith("#")]
    for token in comments:
        if token not in whole:
            yield token.start[0], token.string.lstrip("# ")
    for _, block in groupby(enumerate(whole), lambda each: each[1].start[0] - each[0]):
        tokens_of_block = [token for _, token in block]
        text = " ".join(token.string.lstrip("# ") for token in tokens_of_block)
        yield tokens_of_block[0].start[0], text


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
