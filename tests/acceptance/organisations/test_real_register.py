"""The real register: every row accounted for, and remits equal to an independent reading."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.database import db
from approvals.organisations import queries
from approvals.organisations.actions import add_organisation
from approvals.organisations.importing import FileReport, RefusedFile, import_file
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation, TrustLink
from approvals.organisations.register.codes import STATE_FUNDED_TYPES
from approvals.remits.basis import with_basis
from approvals.remits.remit import remit_of
from tests.acceptance.organisations import independent

pytestmark = pytest.mark.acceptance

GROUP_LINKS = [
    f"grouplinks_edubaseallacademiesandfree{day}.csv"
    for day in ("20180501", "20181001", "20190501", "20190601")
]
ROWS = {
    "allgroupsdata_2026_sapsec.csv": 7_176,
    "alllinksdata_MAT_academies_ece.csv": 11_759,
    "edubase_fulllayout_samples_merged.csv": 126,
    "edubase_sample_ittmentor.csv": 8,
    "edubase_sample_schoolsexperience.csv": 4,
    "edubasealldata20181029_sample20.csv": 20,
    "edubasealldata2024_sample_ece.csv": 41,
    "edubasealldata_sample99_npq.csv": 99,
    "establishments_2019_derived.csv": 26_078,
    "establishments_sapsec_2026.csv": 1_924,
    "grouplinks_edubaseallacademiesandfree20170403.csv": 9_853,
    "grouplinks_edubaseallacademiesandfree20180501.csv": 11_871,
    "grouplinks_edubaseallacademiesandfree20181001.csv": 12_801,
    "grouplinks_edubaseallacademiesandfree20190501.csv": 13_754,
    "grouplinks_edubaseallacademiesandfree20190601.csv": 14_621,
    "links_edubasealldata20230421.csv": 31_274,
    "links_edubasealldata20250422.csv": 33_801,
    "local_authorities.csv": 160,
}
REFUSED = ("england_spine_2017-2018.csv", "schools_names_all_rtt_2023.csv")
DERIVED = "establishments_2019_derived.csv"
DERIVED_DAY = date(2019, 11, 8)
"""The newest opening in it is of 2019-11-06; it was made in that month."""
Load = Callable[..., FileReport]


@pytest.fixture
def load(app: Flask, gias: Path) -> Load:
    def import_one(name: str, as_of: date | None = None) -> FileReport:
        return import_file(gias / name, as_of=as_of)

    return import_one


def _trusts_on(day: date) -> dict[str, set[str]]:
    """All trusts' schools on a day, in one statement: `remit_of` asks for one trust at a time."""
    school, trust = aliased(Organisation), aliased(Organisation)
    rows = db.session.execute(
        select(trust.uid, school.urn)
        .join(TrustLink, TrustLink.trust_id == trust.id)
        .join(school, school.id == TrustLink.organisation_id)
        .where(TrustLink.valid_from <= day, TrustLink.valid_to > day)
    )
    found: dict[str, set[str]] = {}
    for uid, urn in rows:
        found.setdefault(str(uid), set()).add(str(urn))
    return found


def _remit(uid: str, day: date) -> set[str]:
    trust = queries.by_identifier(f"uid:{uid}")
    assert trust is not None
    return {school.urn for school in remit_of(trust, "remit", day).schools}


def test_import_counts_every_row_of_every_file(load: Load, gias: Path) -> None:
    assert {path.name for path in gias.glob("*.csv")} == {*ROWS, *REFUSED}
    for name, rows in ROWS.items():
        account = load(name, date(2026, 8, 6)).account
        parts = account.new + account.changed + account.unchanged + account.history
        assert parts + account.rejected == account.read == rows, name
        assert account.rejected == 0, name


@pytest.mark.parametrize("name", REFUSED)
def test_import_refuses_reference_data_with_a_sentence(load: Load, name: str) -> None:
    with pytest.raises(RefusedFile, match="reference data for checks"):
        load(name, DERIVED_DAY)


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "in reverse"])
def test_remits_of_trusts_equal_an_independent_reading(
    load: Load, gias: Path, reverse: bool
) -> None:
    for name in sorted(GROUP_LINKS, reverse=reverse):
        load(name)
    snapshots = {
        independent.day_of(gias / name): independent.trust_links(gias / name)
        for name in GROUP_LINKS
    }
    days = independent.days_around(snapshots)
    expected = {day: independent.trusts_on(day, snapshots) for day in days}
    for day in days:
        assert _trusts_on(day) == expected[day], day
    uids = sorted(set().union(*expected.values()))
    changing = [uid for uid in uids if len({frozenset(expected[d].get(uid, ())) for d in days}) > 1]
    for uid in changing[:: max(1, len(changing) // 150)]:
        for day in days:
            assert _remit(uid, day) == expected[day].get(uid, set()), (uid, day)


def test_national_counts_are_the_published_ones(load: Load) -> None:
    load(DERIVED, DERIVED_DAY)
    rows = db.session.execute(
        select(Organisation.urn, Organisation.type_code).where(Organisation.urn.is_not(None))
    )
    type_of = {row.urn: row.type_code for row in rows}
    authorities = db.session.scalars(
        select(Organisation).where(Organisation.kind == Kind.LOCAL_AUTHORITY)
    ).all()
    schools = [
        school
        for authority in authorities
        for school in remit_of(authority, "remit", DERIVED_DAY).schools
    ]
    types = Counter(type_of[school.urn] for school in schools)
    maintained = sum(school.basis == "maintained" for school in schools)
    assert types.keys() <= STATE_FUNDED_TYPES
    others = types.pop("06", 0) + types.pop("08", 0)
    assert (sum(types.values()), others, maintained) == (21_221, 61, 12_362)


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "in reverse"])
def test_remits_of_authorities_equal_an_independent_reading(
    load: Load, gias: Path, reverse: bool
) -> None:
    steps = {date(2018, 10, 29): "edubasealldata20181029_sample20.csv", DERIVED_DAY: DERIVED}
    for day in sorted(steps, reverse=reverse):
        load(steps[day], day)
    tables = {day: independent.table(gias / name) for day, name in steps.items()}
    for day in independent.days_around(steps):
        known = independent.known_on(day, tables)
        for code in ("201", "202", "330", "839", "881"):
            authority = queries.by_la_code(code)
            assert authority is not None
            found = {school.urn for school in remit_of(authority, "remit", day).schools}
            assert found == independent.state_funded(known, code), (day, code)


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "in reverse"])
def test_remits_of_dioceses_equal_an_independent_reading(
    load: Load, gias: Path, reverse: bool
) -> None:
    steps = {
        date(2018, 10, 29): "edubasealldata20181029_sample20.csv",
        date(2021, 5, 25): "edubasealldata_sample99_npq.csv",
        date(2024, 4, 1): "edubasealldata2024_sample_ece.csv",
    }
    for day in sorted(steps, reverse=reverse):
        load(steps[day], day)
    tables = {day: independent.table(gias / name) for day, name in steps.items()}
    for code in ("CE23", "RC01"):
        diocese = add_organisation(Kind.DIOCESE, f"Diocese {code}", diocese_code=code)
        for day in independent.days_around(steps):
            found = {school.urn for school in remit_of(diocese, "remit", day).schools}
            known = independent.known_on(day, tables)
            assert found == independent.of_diocese(known, code), (day, code)


def test_successors_end_at_loops(load: Load) -> None:
    load("links_edubasealldata20250422.csv")
    rows = db.session.execute(
        select(Organisation.urn).where(Organisation.kind == Kind.ESTABLISHMENT)
    ).all()
    assert rows == []
    for urn in ("100006", "134643", "402468"):
        assert urn not in queries.successors(urn)
        assert urn not in queries.predecessors(urn)


def test_import_of_the_real_files_twice_changes_nothing(load: Load) -> None:
    for name in (GROUP_LINKS[0], "links_edubasealldata20230421.csv"):
        assert load(name).wrote
        again = load(name)
        assert not again.wrote
        assert again.account.unchanged == again.account.read


def test_import_follows_a_joined_date_that_a_newer_file_moves(load: Load) -> None:
    for name in GROUP_LINKS:
        load(name)
    for urn in ("142754", "144737"):
        assert urn not in _remit("3126", date(2018, 8, 31))
        assert urn in _remit("3126", date(2018, 9, 1))


def test_remit_has_a_school_proposed_to_open_from_its_opening_date(load: Load) -> None:
    load("alllinksdata_MAT_academies_ece.csv", date(2025, 9, 22))
    load("edubase_fulllayout_samples_merged.csv", date(2021, 5, 25))
    school = queries.by_identifier("urn:148847")
    assert school is not None
    days = (date(2021, 11, 30), date(2021, 12, 1), date(2022, 6, 1))
    assert [queries.is_open(school, day) for day in days] == [False, True, True]
    assert "148847" not in _remit("4903", date(2022, 2, 28))
    assert "148847" in _remit("4903", date(2022, 6, 1))


def test_basis_of_a_trusts_schools_begins_on_the_joined_dates_of_the_newest_file(
    load: Load, gias: Path
) -> None:
    newest = GROUP_LINKS[-1]
    load(newest)
    joined = independent.trust_links(gias / newest)
    sizes = Counter(uid for uid, _day in joined.values())
    for uid, size in sizes.most_common(3):
        trust = queries.by_identifier(f"uid:{uid}")
        assert trust is not None
        remit = remit_of(trust, "remit", independent.day_of(gias / newest))
        found = {each.school.urn: each.since for each in with_basis(remit, remit.schools)}
        assert size >= len(found) > 40
        assert found == {urn: joined[urn][1] for urn in found}
