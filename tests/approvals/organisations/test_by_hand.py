"""Renaming and closing bodies that were added by hand."""

from datetime import timedelta

import pytest
from flask import Flask

from app.clock import today
from app.database import db
from app.refusal import RefusalError
from approvals.organisations import queries
from approvals.organisations.actions import add_organisation
from approvals.organisations.by_hand import (
    close_organisation,
    rename_organisation,
)
from approvals.organisations.importing import WHEN_CLOSED
from approvals.organisations.kinds import Kind
from tests.approvals import world


def test_rename_organisation_counts_from_today(app: Flask) -> None:
    made = add_organisation(Kind.DEPARTMENT, "Department for Tests")
    rename_organisation(made, "Ministry of  Tests")
    rename_organisation(made, "Ministry of Trials")
    yesterday, present = (queries.period_on(made, today() - timedelta(days=n)) for n in (1, 0))
    assert yesterday is not None
    assert present is not None
    assert (yesterday.name, present.name) == ("Department for Tests", "Ministry of Trials")
    assert queries.is_open(made, today())
    assert [found.id for found in queries.search("trials")] == [made.id]
    assert len(world.audited("organisation.renamed")) == 2


@pytest.mark.parametrize("name", ["", "Department for Tests", "department for others", "a@b.c"])
def test_rename_organisation_refuses_empty_unchanged_and_taken_names(app: Flask, name: str) -> None:
    made = add_organisation(Kind.DEPARTMENT, "Department for Tests")
    add_organisation(Kind.DEPARTMENT, "Department for Others")
    with pytest.raises(RefusalError):
        rename_organisation(made, name)
    assert made.name == "Department for Tests"


def test_close_organisation_counts_from_today_and_ends_access(app: Flask) -> None:
    made = add_organisation(Kind.DIOCESE, "Diocese of Marl", diocese_code="CE91")
    told: list[int] = []
    WHEN_CLOSED.add(app, lambda _session, closed: told.extend(closed))
    close_organisation(made)
    assert told == [made.id]
    assert queries.is_open(made, today() - timedelta(days=1))
    assert not queries.is_open(made, today())
    assert made.closed_on == today()
    assert len(world.audited("organisation.closed")) == 1
    with pytest.raises(RefusalError, match="closed on"):
        close_organisation(made)
    with pytest.raises(RefusalError, match="closed on"):
        rename_organisation(made, "Another")


def test_rename_and_close_refuse_bodies_of_the_register(app: Flask) -> None:
    school = world.organisation(urn="123456")
    for change in (close_organisation, lambda where: rename_organisation(where, "Another")):
        with pytest.raises(RefusalError, match="comes from the register"):
            change(school)
    assert queries.is_open(school, today())


def test_organisations_find_lists_ids_by_name_and_identifier(app: Flask) -> None:
    made = add_organisation(Kind.DEPARTMENT, "Department for Tests")
    closed = add_organisation(Kind.DIOCESE, "Diocese of Tests", diocese_code="CE91")
    close_organisation(closed)
    runner = app.test_cli_runner()
    result = runner.invoke(args=["organisations", "find", "tests"])
    assert result.output.splitlines() == [
        f"{made.public_id}  Department for Tests (Government department)",
        f"{closed.public_id}  Diocese of Tests (Diocese, Diocese code CE91, not open)",
    ]
    assert "Diocese of Tests" in runner.invoke(args=["organisations", "find", "ce91"]).output
    of_kind = runner.invoke(args=["organisations", "find", "tests", "--kind", "diocese"])
    assert len(of_kind.output.splitlines()) == 1
    limited = runner.invoke(args=["organisations", "find", "tests", "--limit", "1"])
    assert "1 more" in limited.output
    nothing = runner.invoke(args=["organisations", "find", "nowhere"])
    assert nothing.exit_code == 1


def test_organisations_rename_command_names_both(app: Flask) -> None:
    made = add_organisation(Kind.DEPARTMENT, "Department for Tests")
    args = ["organisations", "rename", made.public_id, "Ministry of Tests"]
    result = app.test_cli_runner().invoke(args=args)
    assert result.output == "Department for Tests is now called Ministry of Tests.\n"
    db.session.rollback()
    assert made.name == "Ministry of Tests"
    unknown = app.test_cli_runner().invoke(args=["organisations", "rename", "nothing", "A"])
    assert unknown.exit_code == 1
    assert "organisations find" in unknown.output
