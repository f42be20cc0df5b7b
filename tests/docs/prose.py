"""The prose of a module: its docstrings and comments."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from itertools import groupby


def read_prose(source: str) -> list[tuple[int, str]]:
    """Return first line and text of each docstring and comment, in order.

    Every string that stands alone counts as a docstring, so attributes are covered as well.
    """
    return sorted([*_docstrings(source), *_comments(source)])


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
