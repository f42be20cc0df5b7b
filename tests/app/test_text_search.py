"""Words of a search, and the texts that they look through."""

import pytest

from app.text_search import MOST_WORDS, plain_letters, search_words


@pytest.mark.parametrize("typed", ["O’Neil", "o'neil", "ONEIL", "o`neil", "Ó’Neil"])
def test_plain_letters_have_no_case_accents_and_apostrophes(typed: str) -> None:
    assert plain_letters(typed) == "oneil"


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("St. Mary's", ["st", "marys"]),
        ("St Mary & St John", ["st", "mary", "st", "john"]),
        ("Trust and", ["trust"]),
        ("and", ["and"]),
        ("&", ["&"]),
        ("(Church) road,", ["church", "road"]),
        ("...", ["..."]),
        ("  ", []),
        ("a b c d e f g h", list("abcdef")),
    ],
)
def test_search_words_leave_out_what_does_not_tell_names_apart(
    search: str, words: list[str]
) -> None:
    assert search_words(search) == words
    assert len(words) <= MOST_WORDS
