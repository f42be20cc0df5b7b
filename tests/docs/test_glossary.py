"""The glossary names every table, claim, prefix of audit events and kind of journey, and no other.

Names stand in the third column of its tables: table `x`, claim `x`, events `x.*`, journey `x`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from flask import Flask

from app import audit
from app.database import db
from approvals.memberships import journeys
from identity.oidc.claims import dictionary
from identity.sign_in.models import JourneyKind
from tests.conftest import settings
from wsgi import ROOT, create_app

PAGE = ROOT / "docs" / "glossary.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]*)\| ([^|]*)\|$", re.MULTILINE)
NAME = re.compile(r"(table|claim|events|journey) `([a-z_]+)(?:\.\*)?`")
HEADER = {"term", "---"}


@pytest.fixture(scope="module")
def site() -> Flask:
    return create_app(settings("sqlite://"))


def read_names(text: str) -> dict[str, set[str]]:
    """Return the names in the third column, by their sort."""
    names: dict[str, set[str]] = {sort: set() for sort in ("table", "claim", "events", "journey")}
    for _, _, cell, _ in ROW.findall(text):
        for sort, name in NAME.findall(cell):
            names[sort].add(name)
    return names


def existing_names(site: Flask) -> dict[str, set[str]]:
    with site.app_context():
        return {
            "table": set(db.metadata.tables),
            "claim": {entry.name for entry in dictionary()},
            "events": {event.partition(".")[0] for event in audit.EVENTS.by_name()},
            "journey": {kind.value for kind in JourneyKind}
            | {value for name, value in vars(journeys).items() if is_kind(name, value)},
        }


def is_kind(name: str, value: object) -> bool:
    return name.isupper() and not name.startswith("_") and isinstance(value, str)


def differences(page: Mapping[str, set[str]], code: Mapping[str, set[str]]) -> list[str]:
    missing = [f"{sort} {name} has no entry" for sort in code for name in code[sort] - page[sort]]
    gone = [f"{sort} {name} is gone" for sort in page for name in page[sort] - code[sort]]
    return sorted(missing + gone)


def test_glossary_names_what_exists_and_nothing_else(site: Flask) -> None:
    assert differences(read_names(PAGE.read_text()), existing_names(site)) == []


def test_glossary_has_each_term_once_with_a_meaning_in_order() -> None:
    for section in PAGE.read_text().split("\n## ")[1:]:
        rows = [row for row in ROW.findall(section) if row[0] not in HEADER]
        terms = [term.casefold() for term, *_ in rows]
        assert terms
        assert terms == sorted(set(terms)), section.partition("\n")[0]
        assert len(rows) == section.count("\n| ") - 1, section.partition("\n")[0]
        assert all(re.search(r"[.)]$", meaning) for _, meaning, *_ in rows)


def test_differences_reports_a_missing_and_a_gone_name() -> None:
    row = "| account | One person. | table `account`, claim `sub` | user |\n"
    page = read_names(f"# Glossary\n\n{row}")
    code = {"table": {"account", "session"}, "claim": set[str](), "events": set(), "journey": set()}
    assert differences(page, code) == ["claim sub is gone", "table session has no entry"]
