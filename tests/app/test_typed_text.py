"""Texts that one person types and another reads."""

import pytest

from app.refusal import RefusalError
from app.typed_text import LONGEST_REASON, clean_text

LINKS = "Last name must not include @, www. or ://"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Your account is locked. Visit https://evil.example/verify", LINKS),
        ("WWW.evil.example", LINKS),
        ("w\u200bww.evil.example", LINKS),
        ("ｗｗｗ．evil.example", LINKS),
        ("www。evil", LINKS),
        ("ftp：//evil", LINKS),
        ("ann@school.example", LINKS),
        ("ann＠school", LINKS),
        ("Ann\nBcc: all", "Last name must be on one line"),
        ("Ann\rDean", "Last name must be on one line"),
        ("Ann\u2028Dean", "Last name must be on one line"),
        ("W" * 101, "Last name must be 100 characters or fewer"),
    ],
)
def test_clean_text_refuses_links_line_breaks_and_long_texts(text: str, sentence: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        clean_text(text, "Last name")
    assert refusal.value.refusal.sentence == f"{sentence}."


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  O'Neil \n", "O'Neil"),
        ("van  der\u00a0Berg", "van der Berg"),
        ("W" * 100, "W" * 100),
        ("Smith-Jones Jr.", "Smith-Jones Jr."),
        ("李", "李"),
        ("", ""),
        (None, ""),
    ],
)
def test_clean_text_accepts_names(text: str | None, cleaned: str) -> None:
    assert clean_text(text, "Last name") == cleaned


def test_clean_text_accepts_a_reason_of_500_characters() -> None:
    assert clean_text("r" * 500, "Reason", LONGEST_REASON) == "r" * 500
    with pytest.raises(RefusalError, match="500 characters"):
        clean_text("r" * 501, "Reason", LONGEST_REASON)
