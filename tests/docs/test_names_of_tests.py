"""Names of tests: the unit or endpoint, its behaviour and the condition."""

from __future__ import annotations

import re

import pytest

from tests.files import read_text_files

NAME = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)
NO_SUBJECT = re.compile(
    r"test_(?:[A-Z]{2}_(?:\d\d_)+|and_)*"
    r"(?:a|an|the|what|who|whoever|nobody|somebody|nothing|anything|it|they|then|there)_"
)


def has_no_subject(name: str) -> bool:
    """Return whether the name begins with an article or a pronoun, in place of its subject."""
    return NO_SUBJECT.match(name) is not None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("test_a_code_expires", True),
        ("test_TK_03_and_TK_04_the_code_expires", True),
        ("test_what_was_pushed_wins", True),
        ("test_it_can_refuse", True),
        ("test_token_endpoint_rejects_reused_code", False),
        ("test_TK_03_code_expires_after_a_minute", False),
        ("test_another_browser_sees_no_page", False),
    ],
)
def test_has_no_subject_finds_articles_and_pronouns(name: str, wrong: bool) -> None:
    assert has_no_subject(name) is wrong


def test_names_of_tests_begin_with_their_subject() -> None:
    names = {
        f"{path}: {name}"
        for path, text in read_text_files((".py",))
        if path.startswith("tests/")
        for name in NAME.findall(text)
        if has_no_subject(name)
    }
    assert names == set()
