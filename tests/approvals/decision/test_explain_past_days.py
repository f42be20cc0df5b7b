"""`secure-access access explain` of past days: names of that day, and facts that came later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from approvals.organisations import queries
from approvals.organisations.importing import FileReport
from approvals.organisations.models import Organisation
from approvals.organisations.names import name_on
from tests.approvals.decision import world
from tests.approvals.decision.test_explain import explain
from tests.approvals.organisations.conftest import load

__all__ = ["load"]

ESTABLISHMENTS = (
    "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (code),"
    "EstablishmentStatus (code),OpenDate,CloseDate"
)
LINKS = "URN,Linked UID,Group Name,Group Type,Closed Date,Group Status,Joined date"
Load = Callable[..., list[FileReport]]


def _import(load: Load, path: Path, moment: str, header: str, *rows: str) -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding="cp1252")
    with time_machine.travel(moment, tick=False):
        load([path])


def _schools(load: Load, directory: Path, day: str, moment: str, school: str, city: str) -> None:
    rows = [
        f"{urn},201,{city},{number},{school} {number},01,1,01-09-1990,"
        for urn, number in (("100001", 1001), ("100002", 1002))
    ]
    path = directory / f"establishments_{day}.csv"
    _import(load, path, moment, ESTABLISHMENTS, *rows)


def _links(load: Load, directory: Path, day: str, moment: str, *urns: str) -> None:
    path = directory / f"grouplinks_{day}.csv"
    rows = [f"{urn},1700,Ivy Trust,Multi-academy trust,,Open,01-02-2026" for urn in urns]
    _import(load, path, moment, LINKS, *rows)


@pytest.fixture
def register(app: Flask, load: Load, tmp_path: Path) -> Load:
    """Two schools that are renamed, as is their authority; the second one's trust comes later."""
    with time_machine.travel("2026-01-01T08:00:00Z", tick=False):
        world.load_school_performance()
    _schools(load, tmp_path, "20260101", "2026-01-01T09:00:00Z", "Elm School", "Old City")
    _links(load, tmp_path, "20260202", "2026-02-02T09:00:00Z", "100001")
    _schools(load, tmp_path, "20260401", "2026-04-01T09:00:00Z", "Oak School", "New City")
    _links(load, tmp_path, "20260501", "2026-05-01T13:00:00Z", "100001", "100002")
    return load


def _enter(organisation: Organisation | None, group: str) -> None:
    assert organisation is not None
    with time_machine.travel("2026-02-02T12:00:00Z", tick=False):
        world.grant(world.member(world.person(), organisation), group)


@pytest.mark.parametrize(("at", "name"), [("2026-03-01", "Elm"), ("2026-04-02", "Oak")])
def test_explain_names_a_school_as_it_was_called_then(
    app: Flask, register: Load, at: str, name: str
) -> None:
    _enter(queries.by_identifier("urn:100001"), "School_Named")
    assert f"{name} School 1001: may enter" in explain(app, "--at", at)


def test_explain_names_a_local_authority_as_it_was_called_then(app: Flask, register: Load) -> None:
    _enter(queries.by_la_code("201"), "LA_Named")
    assert "Old City: may enter" in explain(app, "--at", "2026-03-01")
    assert "New City: may enter" in explain(app, "--at", "2026-04-02")
    assert "New City: may enter" in explain(app)


def test_name_on_answers_days_before_the_first_file_from_that_file(
    app: Flask, register: Load
) -> None:
    authority = queries.by_la_code("201")
    assert authority is not None
    assert name_on(authority, date(2020, 1, 1)) == "Old City"
    assert name_on(authority, datetime(2026, 4, 1, 12, tzinfo=UTC)) == "New City"


def test_explain_says_since_when_a_trust_link_is_known(app: Flask, register: Load) -> None:
    _enter(queries.by_identifier("uid:1700"), "MAT_Named")
    said = explain(app, "--at", "2026-03-01")
    assert "    100001 Elm School 1001 (trust)" in said
    assert "    100002 Elm School 1002 (trust; known since 1 May 2026 at 2:00pm)" in said
    assert "known since" not in "".join(explain(app, "--at", "2026-05-02"))


def test_explain_counts_the_trust_links_of_a_long_list_that_came_later(
    app: Flask, register: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.decision.explanation.FEW", 1)
    _enter(queries.by_identifier("uid:1700"), "MAT_Named")
    assert (
        "    1 of them by register files that were imported later, the last on "
        "1 May 2026 at 2:00pm" in explain(app, "--at", "2026-03-01")
    )


def test_remits_show_names_the_body_as_it_was_called_then(app: Flask, register: Load) -> None:
    show = ["remits", "show", "local_authority", "201", "--at"]
    result = app.test_cli_runner().invoke(args=[*show, "2026-03-01"])
    assert result.output.startswith("Old City: "), result.output
