"""Register files in the database: what they make true, and that their order does not matter."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, func, select, text, update

from app.audit import AuditEvent
from app.database import Base, db, writing
from approvals.organisations import queries
from approvals.organisations.importing import (
    WHEN_CLOSED,
    FileReport,
    RefusedFile,
    action,
    import_file,
    in_order,
    trying_only,
)
from approvals.organisations.importing.renewal import renew_register
from approvals.organisations.importing.report import Change
from approvals.organisations.kinds import Kind
from approvals.organisations.models import (
    Organisation,
    OrganisationPeriod,
    RegisterFile,
    TrustLink,
)
from approvals.organisations.register.parse_file import ParsedFile
from approvals.organisations.synthetic import World, files
from approvals.organisations.synthetic.county import FENWICK, HARBOUR, LEARNING, SNAPSHOTS
from approvals.organisations.synthetic.world import value_on

Load = Callable[..., list[FileReport]]
_LINKS = "grouplinks_edubaseallacademiesandfree"
_HEADER = "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),EstablishmentStatus (code)\n"
DAYS = sorted(
    {
        day + timedelta(days=offset)
        for day in (*SNAPSHOTS, date(2018, 9, 1), date(2019, 2, 1), date(2019, 4, 1))
        for offset in (-1, 0, 1)
    }
)


def _schools(day: date) -> dict[str, tuple[Any, ...]]:
    """Of every school what held on the day: open, name, type, authority, diocese, trust."""
    trusts = {
        link.organisation_id: db.session.get_one(Organisation, link.trust_id).uid
        for link in db.session.scalars(
            select(TrustLink).where(TrustLink.valid_from <= day, TrustLink.valid_to > day)
        )
    }
    rows = db.session.execute(
        select(Organisation.id, Organisation.urn, OrganisationPeriod)
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Organisation.id)
        .where(Organisation.kind == Kind.ESTABLISHMENT, OrganisationPeriod.holds_on(day))
    )
    return {
        str(urn): (
            period.open,
            period.name,
            period.type_code,
            period.la_code,
            period.diocese_code,
            trusts.get(identifier),
        )
        for identifier, urn, period in rows
    }


def _truth(world: World, day: date) -> dict[str, tuple[Any, ...]]:
    none = {"000": None, "0000": None}
    found = {}
    for school in world.schools:
        stay = school.trust_on(day)
        authority, diocese = value_on(school.authority, day), value_on(school.diocese, day)
        found[school.urn] = (
            school.is_open_on(day),
            value_on(school.name, day),
            school.type_code,
            none.get(authority, authority),
            none.get(diocese, diocese),
            stay.uid if stay else None,
        )
    return found


def _everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the room's tables, without ids and moments."""
    found = {}
    for name in ("organisation_period", "trust_link", "school_link", "register_statement"):
        table = Base.metadata.tables[name]
        columns = [c for c in table.c if c.name not in ("id", "organisation_id", "trust_id")]
        found[name] = sorted(map(repr, db.session.execute(select(*columns))))
    table = Base.metadata.tables["organisation"]
    skipped = {"id", "public_id", "created_at", "updated_at"}
    columns = [c for c in table.c if c.name not in skipped]
    found["organisation"] = sorted(map(repr, db.session.execute(select(*columns))))
    return found  # type: ignore[return-value]  # rows as text, to be compared


def test_import_answers_every_day_as_it_was(loaded: list[FileReport], county_world: World) -> None:
    for day in DAYS:
        assert _schools(day) == _truth(county_world, day), day


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_import_in_any_order_gives_the_same(
    load: Load, county_files: list[Path], county_world: World, seed: int
) -> None:
    shuffled = list(county_files)
    Random(seed).shuffle(shuffled)
    load(shuffled)
    once = _everything()
    for day in DAYS:
        assert _schools(day) == _truth(county_world, day), day
    load(in_order(county_files, SNAPSHOTS[-1]))
    assert _everything() == once


def test_import_in_reverse_order_gives_the_same(
    load: Load, county_files: list[Path], county_world: World
) -> None:
    reports = load(list(reversed(in_order(county_files, SNAPSHOTS[-1]))))
    for day in DAYS:
        assert _schools(day) == _truth(county_world, day), day
    assert sum(report.account.history for report in reports) > 0


def test_import_counts_every_row(loaded: list[FileReport]) -> None:
    for report in loaded:
        account = report.account
        parts = account.new + account.changed + account.unchanged + account.history
        assert parts + account.rejected == account.read > 0
        assert account.rejected == 0


def test_import_of_the_same_file_changes_nothing(
    load: Load, loaded: list[FileReport], county_files: list[Path]
) -> None:
    before = _everything()
    tables = Base.metadata.sorted_tables
    counts = {t.name: db.session.scalar(select(func.count()).select_from(t)) for t in tables}
    for report in load(county_files):
        assert not report.wrote
        assert report.account.unchanged == report.account.read
        assert not report.differences
    assert _everything() == before
    after = {t.name: db.session.scalar(select(func.count()).select_from(t)) for t in tables}
    assert after == counts


def test_import_leaves_one_audit_row(loaded: list[FileReport], county_files: list[Path]) -> None:
    rows = db.session.scalars(
        select(AuditEvent).where(AuditEvent.event == "register.imported")
    ).all()
    assert [row.detail["file"] for row in rows] == [report.name for report in loaded]
    counts = rows[0].detail["rows"]
    assert isinstance(counts, dict)
    assert counts["new"] == loaded[0].account.new


def test_import_reports_each_kind_of_difference(
    load: Load, county_files: list[Path], county_world: World
) -> None:
    by_name = {path.name: path for path in county_files}
    load([by_name[f"edubasealldata{day:%Y%m%d}.csv"] for day in SNAPSHOTS[:2]])
    load(
        [by_name[f"grouplinks_edubaseallacademiesandfree{day:%Y%m%d}.csv"] for day in SNAPSHOTS[:2]]
    )
    report, links = load(
        [
            by_name[f"edubasealldata{SNAPSHOTS[2]:%Y%m%d}.csv"],
            by_name[f"grouplinks_edubaseallacademiesandfree{SNAPSHOTS[2]:%Y%m%d}.csv"],
        ]
    )
    found = {(each.change, each.identifier) for each in report.differences}
    moved = [school for school in county_world.schools if len(school.authority) > 1]
    assert {(Change.CHANGED_LA, f"URN {school.urn}") for school in moved} <= found
    merged = [school for school in county_world.schools if school.closed == date(2019, 1, 1)]
    assert {(Change.CLOSED, f"URN {school.urn}") for school in merged} <= found
    fenwick = next(
        f"URN {school.urn}"
        for school in county_world.schools
        if school.stays and school.stays[0].uid == FENWICK
    )
    joined = next(
        each
        for each in report.differences
        if each.change is Change.JOINED_TRUST and each.identifier == fenwick
    )
    assert joined.after == f"Marlshire Learning Trust (UID {LEARNING})"
    assert (Change.LEFT_TRUST, fenwick) in found
    assert not [each for each in links.differences if each.change is Change.CHANGED_LA]


def test_import_dry_run_reports_differences_and_writes_nothing(
    app: Flask, county_files: list[Path]
) -> None:
    with trying_only():
        reports = [
            import_file(path, as_of=SNAPSHOTS[-1]) for path in in_order(county_files, SNAPSHOTS[-1])
        ]
    assert reports[0].counts()[Change.OPENED] > 100
    assert sum(report.counts().get(Change.CLOSED, 0) for report in reports) > 0
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 0
    assert db.session.scalar(select(func.count()).select_from(RegisterFile)) == 0
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_import_closes_schools_absent_from_a_complete_file_only(load: Load, tmp_path: Path) -> None:
    both = "123456,201,One School,01,1\n123457,201,Other School,01,1\n"
    (tmp_path / "edubasealldata20200101.csv").write_text(_HEADER + both)
    (tmp_path / "excerpt_20200201.csv").write_text(_HEADER + "123456,201,One School,01,1\n")
    (tmp_path / "edubasealldata20200301.csv").write_text(_HEADER + "123456,201,One School,01,1\n")
    load([tmp_path / "edubasealldata20200101.csv", tmp_path / "excerpt_20200201.csv"])
    other = queries.by_identifier("urn:123457")
    assert other is not None
    assert queries.is_open(other, date(2020, 2, 15))
    (report,) = load([tmp_path / "edubasealldata20200301.csv"])
    assert report.counts() == {Change.CLOSED: 1}
    assert queries.is_open(other, date(2020, 2, 29))
    assert not queries.is_open(other, date(2020, 3, 1))


def test_import_closes_no_school_of_a_bad_row(load: Load, tmp_path: Path) -> None:
    rows = [f"12345{n},201,School {n},01,1\n" for n in range(6)]
    (tmp_path / "edubasealldata20200101.csv").write_text(_HEADER + "".join(rows))
    damaged = [rows[0], rows[1].replace(",01,", ",99,"), *rows[2:5], "x" + rows[5]]
    (tmp_path / "edubasealldata20200201.csv").write_text(_HEADER + "".join(damaged))
    _, report = load(
        [tmp_path / "edubasealldata20200101.csv", tmp_path / "edubasealldata20200201.csv"]
    )
    assert [(fault.line, fault.column) for fault in report.faults] == [
        (3, "TypeOfEstablishment (code)"),
        (7, "URN"),
    ]
    assert report.account.rejected == 2
    assert not report.complete
    assert not report.differences


def test_import_refuses_a_complete_file_without_most_of_the_register(
    load: Load, county_world: World, tmp_path: Path
) -> None:
    whole = files.establishments(county_world, SNAPSHOTS[0], tmp_path)
    load([whole])
    lines = whole.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "edubasealldata20180202.csv"
    cut.write_bytes(b"".join(lines[:8]))
    before = _everything()
    with pytest.raises(RefusedFile, match="looks like an excerpt"):
        import_file(cut)
    assert _everything() == before


def test_import_passes_closed_schools_to_listeners_in_its_transaction(
    app: Flask, load: Load, tmp_path: Path
) -> None:
    (tmp_path / "a20200101.csv").write_text(_HEADER + "123456,201,One School,01,1\n")
    (tmp_path / "a20200201.csv").write_text(_HEADER + "123456,201,One School,01,2\n")
    told: list[int] = []
    WHEN_CLOSED.add(app, lambda _session, closed: told.extend(closed))
    load([tmp_path / "a20200101.csv"])
    assert not told
    load([tmp_path / "a20200201.csv"])
    school = queries.by_identifier("urn:123456")
    assert school is not None
    assert told == [school.id]


def test_import_keeps_the_identity_of_organisations(
    load: Load, loaded: list[FileReport], county_files: list[Path], county_world: World
) -> None:
    school = queries.by_identifier(f"urn:{county_world.schools[0].urn}")
    trust = queries.by_identifier(f"uid:{HARBOUR}")
    assert school is not None
    assert trust is not None
    before = (school.id, school.public_id, trust.public_id)
    load(county_files)
    assert (school.id, school.public_id, trust.public_id) == before


def test_import_of_all_layouts_of_a_day_agrees(
    load: Load, county_world: World, tmp_path: Path
) -> None:
    day = SNAPSHOTS[1]
    load([files.establishments(county_world, day, tmp_path)])
    before = _schools(day)
    others = [
        files.joined_establishments(county_world, day, tmp_path),
        files.extracted_establishments(county_world, day, tmp_path),
        files.spreadsheet_establishments(county_world, day, tmp_path),
        files.group_links(county_world, day, tmp_path),
        files.all_links(county_world, day, tmp_path),
        files.all_groups(county_world, day, tmp_path),
        files.all_groups_snake(county_world, day, tmp_path),
    ]
    for report in load(others):
        assert not report.faults, report.name
        assert not report.differences, report.name
    truth = _truth(county_world, day)
    assert _schools(day) == before == {urn: truth[urn] for urn in before}


@pytest.mark.parametrize("layout", ["joined", "extracted", "spreadsheet"])
def test_import_of_each_layout_alone_makes_the_schools(
    load: Load, county_world: World, tmp_path: Path, layout: str
) -> None:
    day = SNAPSHOTS[1]
    write = getattr(files, f"{layout}_establishments")
    load([write(county_world, day, tmp_path)])
    truth = _truth(county_world, day)
    found = _schools(day)
    listed = {school.urn for school in county_world.listed_on(day)}
    assert found.keys() == listed
    for urn, school in found.items():
        assert school[:4] == truth[urn][:4]
        assert school[5] == truth[urn][5]


def test_import_of_establishments_makes_authorities_and_trusts(
    load: Load, county_world: World, tmp_path: Path
) -> None:
    load([files.establishments(county_world, SNAPSHOTS[0], tmp_path)])
    authority = queries.by_la_code("971")
    trust = queries.by_identifier(f"uid:{LEARNING}")
    assert authority is not None
    assert (authority.kind, authority.name) == (Kind.LOCAL_AUTHORITY, "Marlshire")
    assert trust is not None
    assert (trust.kind, trust.name) == (Kind.MULTI_ACADEMY_TRUST, "Marlshire Learning Trust")
    assert queries.by_la_code("000") is None
    assert queries.by_identifier("uid:90008") is None


def _named(report: FileReport, change: Change) -> list[tuple[str, str, str, str]]:
    return [
        (each.identifier, each.name, each.before, each.after)
        for each in report.differences
        if each.change is change
    ]


def _authorities(tmp_path: Path, day: str, rows: str) -> Path:
    path = tmp_path / f"edubasealldata{day}.csv"
    header = HEADER_WITH_NAMES + "\n"
    path.write_text(header + rows)
    return path


HEADER_WITH_NAMES = (
    "URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),"
    "EstablishmentStatus (code),Diocese (code),Diocese (name)"
)


def test_import_reports_an_authority_that_is_split(load: Load, tmp_path: Path) -> None:
    before = "".join(f"12345{n},909,Cumbria,School {n},01,1,CE23,Marl\n" for n in range(3))
    after = before.replace("909,Cumbria,School 0", "942,Cumberland,School 0")
    after = after.replace("909,Cumbria", "943,Westmorland").replace("CE23,Marl", "RC91,Selwick")
    first, second = load(
        [
            _authorities(tmp_path, "20200101", before),
            _authorities(tmp_path, "20200201", after),
        ]
    )
    assert ("LA code 909", "Cumbria", "", "3 schools") in _named(first, Change.NEW)
    assert _named(second, Change.EMPTIED) == [
        (
            "Diocese code CE23",
            "Marl",
            "3 schools",
            "Selwick (Diocese code RC91): 3",
        ),
        (
            "LA code 909",
            "Cumbria",
            "3 schools",
            "Westmorland (LA code 943): 2, Cumberland (LA code 942): 1",
        ),
    ]
    assert ("LA code 943", "Westmorland", "", "2 schools from Cumbria (LA code 909): 2") in _named(
        second, Change.NEW
    )
    assert len(_named(second, Change.CHANGED_DIOCESE)) == 3


def test_import_reports_renamed_authorities_and_dioceses(load: Load, tmp_path: Path) -> None:
    row = "123456,909,Cumbria,School,01,1,CE23,Marl\n"
    renamed = row.replace("Cumbria", "Old Cumbria").replace("Marl", "Marl and Fen")
    _, report = load(
        [
            _authorities(tmp_path, "20200101", row),
            _authorities(tmp_path, "20200201", renamed),
        ]
    )
    assert _named(report, Change.RENAMED) == [
        ("LA code 909", "Old Cumbria", "Cumbria", "Old Cumbria"),
        ("Diocese code CE23", "Marl and Fen", "Marl", "Marl and Fen"),
    ]


def test_import_reports_a_trust_that_its_last_school_leaves(load: Load, tmp_path: Path) -> None:
    header = "URN,Linked UID,Group Name,Group Type,Closed Date,Group Status,Joined date\n"
    school = "123456,201,A,One School,34,1,,\n"
    rows = "123456,{},Trust {},Multi-academy trust,,Open,{}\n"
    paths = [_authorities(tmp_path, "20200101", school)]
    for day, uid, joined in (("20200102", 1700, "01-01-2019"), ("20200201", 1701, "01-02-2020")):
        path = tmp_path / f"grouplinks_edubaseallacademiesandfree{day}.csv"
        path.write_text(header + rows.format(uid, uid, joined))
        paths.append(path)
    *_, report = load(paths)
    assert _named(report, Change.EMPTIED) == [
        ("UID 1700", "Trust 1700", "1 school", "Trust 1701 (UID 1701): 1")
    ]


def test_import_keeps_what_another_file_of_the_same_day_says(load: Load, tmp_path: Path) -> None:
    school = "123456,201,A,One School,34,1,CE23,Marl\n"
    whole = _authorities(tmp_path, "20200101", school)
    excerpt = tmp_path / "excerpt_20200101.csv"
    excerpt.write_text(_HEADER + "123456,201,Another Name,34,1\n")
    load([whole, excerpt])
    found = queries.by_identifier("urn:123456")
    assert found is not None
    assert (found.name, found.diocese_code) == ("Another Name", "CE23")


def test_import_changes_nothing_when_it_ends_before_its_last_transaction(
    load: Load, county_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = in_order(county_files, SNAPSHOTS[-1])
    load([first])
    before = _everything()

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(action, "_make_count", killed)
    with pytest.raises(KeyboardInterrupt):
        load([second])
    assert _everything() == before


def test_import_prepares_while_another_connection_writes(
    app: Flask, load: Load, county_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = in_order(county_files, SNAPSHOTS[-1])
    load([first])
    written: list[int] = []
    prepare = action._prepare

    def prepare_and_write(connection: Connection, parsed: ParsedFile) -> object:
        plan = prepare(connection, parsed)
        with db.engine.connect() as other:
            other.execution_options(begin_immediate=True)
            if other.dialect.name == "postgresql":
                other.execute(text("SET LOCAL lock_timeout = '1ms'"))
            written.append(other.execute(update(Organisation).values(town="Marl")).rowcount)
            other.rollback()
        return plan

    monkeypatch.setattr(action, "_prepare", prepare_and_write)
    load([second])
    assert written[0] > 100


def test_import_is_prepared_again_after_another_import_overtook_it(
    app: Flask, county_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = in_order(county_files, SNAPSHOTS[-1])
    prepare = action._prepare
    overtaken: list[str] = []

    def prepare_slowly(connection: Connection, parsed: ParsedFile) -> object:
        plan = prepare(connection, parsed)
        if parsed.name == first.name and not overtaken:
            overtaken.append(parsed.name)
            import_file(second, as_of=SNAPSHOTS[-1])
        return plan

    monkeypatch.setattr(action, "_prepare", prepare_slowly)
    import_file(first, as_of=SNAPSHOTS[-1])
    found = _everything()
    names = set(db.session.scalars(select(RegisterFile.name)))
    assert names == {first.name, second.name}
    monkeypatch.undo()
    import_file(first, as_of=SNAPSHOTS[-1])
    import_file(second, as_of=SNAPSHOTS[-1])
    assert _everything() == found


def test_setup_renews_periods_of_older_rules(
    loaded: list[FileReport], county_files: list[Path]
) -> None:
    before = _everything()
    assert renew_register() == "worked out by the present rules"
    with writing() as session:
        session.execute(update(RegisterFile).values(account={"read": 1}))
        session.execute(update(OrganisationPeriod).values(open=False))
        session.execute(delete(TrustLink))
    assert renew_register().startswith("worked out anew")
    assert _everything() == before
    assert renew_register() == "worked out by the present rules"
