"""The index of the decision records."""

import re

from wsgi import ROOT

RECORDS = ROOT / "docs" / "decisions"


def test_index_lists_every_decision_record_with_its_title() -> None:
    index = (RECORDS / "README.md").read_text()
    titles = {file.name: file.read_text().splitlines()[0] for file in RECORDS.glob("0*.md")}
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([\w-]+\.md)\) \| (.+?)(?: \(superseded.*\))? \|$", index, re.MULTILINE
    )
    assert {name: f"# {number} {title}" for number, name, title in listed} == titles


def test_superseded_records_name_an_existing_record() -> None:
    heads = {file.name: file.read_text()[:300] for file in RECORDS.glob("0*.md")}
    successors = {
        successor
        for head in heads.values()
        for successor in re.findall(r"^Superseded .*\((.+?)\)", head, re.MULTILINE)
    }
    assert successors
    assert successors <= set(heads)
