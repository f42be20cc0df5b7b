"""Documents follow the rule on the beginnings of sentences."""

from __future__ import annotations

import re

import pytest

from tests.files import read_text_files

TERMS = "approvals/terms/texts/"
OPENING = re.compile(
    r"(?:^|[.:!?]\s+|\|\s|^\s*(?:[-*]|\d+\.)\s)(What|Who|Whoever|Whatever|Nobody|So many)\b(?!\?)",
    re.MULTILINE,
)
QUOTED = re.compile(r"```.*?```|`[^`]*`|\"[^\"]*\"|\*\*[^*]*\*\*", re.DOTALL)


def openings(text: str) -> list[str]:
    """Return the words that may not begin a sentence and do, except in code and quotations."""
    return OPENING.findall(QUOTED.sub("quotation", text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What comes next.", ["What"]),
        ("It ends.\nWhoever asks, waits.", ["Whoever"]),
        ("| scope | What a client may ask for |", ["What"]),
        ("- Nobody is told.", ["Nobody"]),
        ("The filter **What** limits the list. It says what it shows.", []),
        ('"Who could see what?" is answered by dated rows.', []),
    ],
)
def test_openings_finds_sentences_outside_code_and_quotations(text: str, found: list[str]) -> None:
    assert openings(text) == found


def test_documents_begin_no_sentence_with_a_banned_word() -> None:
    faults = {
        path: openings(text)
        for path, text in read_text_files((".md",))
        if not path.startswith(TERMS) and openings(text)
    }
    assert faults == {}
