"""Comments, docstrings and documents refer only to this repository and to published sources."""

from __future__ import annotations

import re

import pytest

from tests.files import list_files, read_text_files

PROSE = (".css", ".html", ".js", ".md", ".py", ".toml", ".txt")
DOCUMENT = re.compile(r"(?<![\w/.\"'-])((?:[\w-]+/)*[\w-]+\.md)\b(?!\.\w)")
FOLDER = re.compile(r"(?<![\w/.])docs/[\w./-]*\w")
CODE = re.compile(r"(?<=\s)\((?:[a-z]+,? )?[A-Z]\d{1,2}\)")
MODULE = re.compile(
    r"(?<![\w/.-])(?:app|approvals|bench|examples|identity|tests)/[\w/-]+\.(?:md|py)\b"
)
HISTORY = ("docs/decisions/", "CHANGELOG.md")
NOTES = re.compile(
    r"(?<![\w.])\((?:decisions?|domain|findings?|house|reliability|stack|ux), [A-Z\"]"
)


def references_outside(path: str, text: str, tracked: set[str]) -> list[str]:
    """Return the references of a file that lead neither into the repository nor to a source.

    They are names of documents that are not tracked, paths below `docs` and of modules that do not
    exist, codes of a letter and a number in parentheses, and chapters of documents without a path.
    Decision records and the changelog may name modules of the past.
    """
    outside = [
        name
        for name in DOCUMENT.findall(text)
        if not any(f"/{each}".endswith(f"/{name}") for each in tracked)
    ]
    outside += [
        name
        for name in FOLDER.findall(text)
        if not any(each == name or each.startswith((f"{name}/", f"{name}-")) for each in tracked)
    ]
    if not path.startswith(HISTORY):
        outside += [name for name in MODULE.findall(text) if name not in tracked]
    outside += CODE.findall(text) + NOTES.findall(text)
    return [f"{path}: {each}" for each in outside]


@pytest.mark.usefixtures("processes")
def test_files_refer_to_no_document_outside_the_repository() -> None:
    tracked = set(list_files())
    own = "tests/docs/test_outside_references.py"
    assert own in tracked
    outside = [
        reference
        for path, text in read_text_files(PROSE)
        if path != own
        for reference in references_outside(path, text, tracked)
    ]
    assert outside == []


@pytest.mark.parametrize(
    "text",
    [
        "The rule stands in notes.md.",
        'Journeys (house.md, "Journeys")',
        "See docs/nowhere/README.md",
        "See docs/decisions/9999.",
        "Statements are compiled (app/database/nowhere.py).",
        "A backup is restored (F33).",
        "Keys serve on (reliability, F17).",
        "Lifetimes (decisions, Tokens).",
    ],
)
def test_references_outside_reports_a_reference_that_leads_nowhere(text: str) -> None:
    assert references_outside("x.py", text, {"README.md", "docs/decisions/0001-floors.md"})


@pytest.mark.parametrize(
    "text",
    [
        "See README.md and docs/decisions/0001.",
        "See [0001](0001-floors.md) in docs/decisions.",
        "Throttled for each client (CA-11).",
        "RFC 9700, section 2.1 (ASVS 5.0, V3.4)",
    ],
)
def test_references_outside_accepts_the_repository_and_published_sources(text: str) -> None:
    assert references_outside("x.py", text, {"README.md", "docs/decisions/0001-floors.md"}) == []
