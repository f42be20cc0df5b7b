"""Differences between two versions of terms."""

import pytest

from approvals.terms.changes import changed_paragraphs
from identity.ports import ChangedParagraph


@pytest.mark.parametrize(
    ("earlier", "later", "changes"),
    [
        ("One.\n\nTwo.", "One.\n\nTwo.", []),
        ("One.\n\nTwo.", "One.", [ChangedParagraph("Two.", "")]),
        ("One.", "Zero.\n\nOne.", [ChangedParagraph("", "Zero.")]),
        ("One\nline.", "One line.", []),
        ("- a\n- b\n- c", "- a\n- d\n- c", [ChangedParagraph("b", "d")]),
        (
            "## Old *words*",
            "## [New](https://example.org) words",
            [ChangedParagraph("Old words", "New words")],
        ),
    ],
)
def test_changed_paragraphs_are_those_that_differ(
    earlier: str, later: str, changes: list[ChangedParagraph]
) -> None:
    assert list(changed_paragraphs(earlier, later)) == changes
