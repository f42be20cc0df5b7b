"""Services' files in the database: versions, listed organisations, all or nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import now
from app.database import db
from approvals.access_model import definitions, loading
from approvals.access_model.models import ListedOrganisation, ServiceVersion
from approvals.access_model.schema import UnusableFile
from approvals.decision import decision
from approvals.organisations.models import Organisation
from tests.approvals.decision import world

LIBRARY = Path(__file__).with_name("library.toml")


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = LIBRARY.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "library.toml"
    path.write_text(text)
    return path


def test_load_of_the_same_file_changes_nothing(app: Flask) -> None:
    first = loading.load([LIBRARY])
    again = loading.load([LIBRARY])
    assert [(each.number, each.new) for each in first + again] == [(1, True), (1, False)]
    events = db.session.scalars(select(AuditEvent.event)).all()
    assert sorted(events) == [
        "organisation.added",
        "service.loaded",
        "service.organisation_listed",
    ]


def test_load_of_other_comments_and_layout_makes_no_version(app: Flask, tmp_path: Path) -> None:
    loading.load([LIBRARY])
    path = changed(tmp_path, ("# A second service", "\n\n# Another"))
    assert not loading.load([path])[0].new


def test_service_returns_the_version_in_force_at_a_moment(app: Flask, tmp_path: Path) -> None:
    with time_machine.travel("2026-01-10T12:00:00Z"):
        loading.load([LIBRARY])
    with time_machine.travel("2026-03-10T12:00:00Z"):
        loading.load([changed(tmp_path, ('name = "Lender"', 'name = "Lends"'))])

    def name(at: datetime) -> str:
        group = definitions.group("library", "lender", at)
        assert group is not None
        return group.name

    assert name(now()) == "Lends"
    assert name(datetime(2026, 3, 10, 11, 59, tzinfo=UTC)) == "Lender"
    assert name(datetime(2026, 3, 10, 12, 1, tzinfo=UTC)) == "Lends"
    # Before the first version: as the first.
    assert name(datetime(2018, 2, 16, tzinfo=UTC)) == "Lender"
    assert db.session.scalars(select(ServiceVersion.number)).all() == [1, 2]


def test_load_accepts_a_return_to_an_earlier_state(app: Flask, tmp_path: Path) -> None:
    loading.load([LIBRARY])
    loading.load([changed(tmp_path, ('name = "Lender"', 'name = "Lends"'))])
    assert loading.load([LIBRARY])[0].number == 3


def test_load_of_several_files_is_all_or_nothing(app: Flask, tmp_path: Path) -> None:
    bad = changed(tmp_path, ('code = "library"', 'code = "other"'), ('["lend"]', '["burn"]'))
    with pytest.raises(UnusableFile, match="burn is not among this file's capabilities"):
        loading.load([LIBRARY, bad, tmp_path / "none.toml"])
    assert definitions.services(now()) == []


def test_load_adds_listed_organisations_outside_the_register_once(app: Flask) -> None:
    assert loading.load([LIBRARY])[0].added == ("Library Board",)
    assert loading.load([LIBRARY])[0].added == ()
    board = db.session.scalars(select(Organisation)).one()
    assert (board.name, board.kind) == ("Library Board", "department")
    assert [
        group.code for group in decision.offered_user_groups("library", board, world.LONG_AGO)
    ] == ["board"]


def test_load_finds_a_listed_organisation_that_exists(app: Flask) -> None:
    there = world.organisation("Library Board", "department")
    assert loading.load([LIBRARY])[0].added == ()
    assert db.session.scalars(select(ListedOrganisation.organisation_id)).all() == [there.id]


def test_load_finds_a_listed_organisation_after_its_renaming(app: Flask, tmp_path: Path) -> None:
    loading.load([LIBRARY])
    loading.load([changed(tmp_path, ("Library Board", "Board of Books"))])
    assert db.session.scalars(select(Organisation.name)).all() == ["Library Board"]


def test_load_refuses_a_key_that_meant_another_kind(app: Flask, tmp_path: Path) -> None:
    loading.load([LIBRARY])
    path = changed(tmp_path, ('kind = "department"', 'kind = "inspectorate"'))
    with pytest.raises(UnusableFile, match="board already stands for Library Board"):
        loading.load([path])


def test_load_refuses_a_listed_school_outside_the_register(app: Flask, tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('kind = "department"\n', 'kind = "local_authority"\nla_code = "201"\n'),
    )
    with pytest.raises(UnusableFile, match=r"organisations\[1\]: Library Board: .* import its"):
        loading.load([path])
    authority = world.organisation("City", "local_authority", la_code="201")
    world.organisation("A school of the city", urn="100001", la_code="201")
    loading.load([path])
    assert db.session.scalars(select(ListedOrganisation.organisation_id)).all() == [authority.id]


def test_setup_loads_shipped_files_once_and_undoes_no_later_version(
    app: Flask, tmp_path: Path
) -> None:
    assert loading.load_shipped() == "loaded School Performance"
    own = tmp_path / "own.toml"
    text = world.SCHOOL_PERFORMANCE.read_text()
    own.write_text(text.replace('name = "School Performance"', 'name = "Results"'))
    loading.load([own])
    assert loading.load_shipped() == "nothing new"
    service = definitions.service("school_performance", now())
    assert service is not None
    assert service.name == "Results"


def test_load_command_prints_the_loaded_versions(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    first = run(args=["services", "load", str(LIBRARY)])
    assert first.exit_code == 0
    assert first.output == (
        "library: version 1 is now in force\nlibrary: added the organisation Library Board\n"
    )
    assert "nothing changed" in run(args=["services", "load", str(LIBRARY)]).output
    row = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "service.loaded")).one()
    assert (row.actor_kind, row.actor, row.service) == ("command", "services load", "library")
    assert "trust_librarian" in run(args=["services", "list"]).output


def test_load_command_prints_every_problem(app: Flask, tmp_path: Path) -> None:
    path = changed(tmp_path, ('["lend"]', '["burn"]'), ("one_user_group = false", "colour = 1"))
    result = app.test_cli_runner().invoke(args=["services", "load", str(path)])
    assert result.exit_code == 1
    assert f"{path}: one_user_group: is missing" in result.output
    assert f"{path}: colour: is not a key of such a file" in result.output
