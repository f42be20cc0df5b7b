"""The check of the first words of sentences in docstrings and comments."""

import pytest

from tests.docs.openings import banned_sentences


@pytest.mark.parametrize(
    "source",
    [
        '"""What the room adds."""\n',
        '"""Rows of a file.\n\nWhoever reads them waits.\n"""\n',
        'MOST = 3\n"""So many at once."""\n',
        "# It counts. Nobody waits\n# for it.\n",
        "MOST = 3  # Who comes first\n",
        '"""Return it: What it was."""\n',
    ],
)
def test_banned_sentences_finds_docstrings_attributes_and_comments(source: str) -> None:
    assert len(list(banned_sentences(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""Return what the room adds, and who may use it."""\n',
        'text = "What is this?"\n',
        '"""Whole rows."""\n',
        "# Return it to\n# Whatever, Inc.\n",
    ],
)
def test_banned_sentences_passes_other_places_of_the_words(source: str) -> None:
    assert list(banned_sentences(source)) == []
