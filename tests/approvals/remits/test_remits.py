"""Whose schools: by kind of organisation, for any day, each school with its basis."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, update

from app.database import db, writing
from app.refusal import RefusalError
from approvals.organisations import queries
from approvals.organisations.actions import add_organisation
from approvals.organisations.importing import import_file
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation, OrganisationPeriod
from approvals.organisations.register.codes import MAINTAINED_TYPES, STATE_FUNDED_TYPES
from approvals.organisations.synthetic import World
from approvals.organisations.synthetic.county import (
    CATHOLIC,
    FENWICK,
    LEARNING,
    MARLSHIRE,
    SELWICK,
    SNAPSHOTS,
)
from approvals.organisations.synthetic.world import SyntheticSchool, value_on
from approvals.remits.remit import Remit, Scope, remit_of, remit_of_key
from tests.approvals.decision import world

pytestmark = pytest.mark.usefixtures("app")
TODAY = SNAPSHOTS[-1]


def _by_uid(uid: str) -> Organisation:
    found = queries.by_identifier(f"uid:{uid}")
    assert found is not None
    return found


def _authority() -> Organisation:
    found = queries.by_la_code(MARLSHIRE)
    assert found is not None
    return found


def _school(school: SyntheticSchool) -> Organisation:
    found = queries.by_identifier(f"urn:{school.urn}")
    assert found is not None
    return found


def _urns(remit: Remit) -> set[str]:
    return {school.urn for school in remit.schools}


@pytest.mark.parametrize("day", [date(2018, 8, 31), date(2018, 9, 1), date(2019, 4, 1), TODAY])
def test_remit_of_a_trust_is_its_open_schools(county_world: World, day: date) -> None:
    for uid in (LEARNING, SELWICK, FENWICK):
        remit = remit_of(_by_uid(uid), "remit", day)
        expected = {
            school.urn
            for school in county_world.schools
            if school.is_open_on(day) and (stay := school.trust_on(day)) and stay.uid == uid
        }
        assert _urns(remit) == expected
        assert remit.count == len(expected)
        assert {school.basis for school in remit.schools} <= {"trust"}


def test_remit_has_kind_and_key_of_tokens(county_world: World) -> None:
    school = _school(county_world.schools[10])
    multi = remit_of(_by_uid(LEARNING), "remit", TODAY)
    single = remit_of(_by_uid(FENWICK), "remit", TODAY)
    area = remit_of(_authority(), "remit", TODAY)
    own = remit_of(school, "own", TODAY)
    assert (multi.kind, multi.key) == ("multi_academy_trust", LEARNING)
    assert (single.kind, single.key) == ("single_academy_trust", FENWICK)
    assert (area.kind, area.key) == ("local_authority", MARLSHIRE)
    assert (own.kind, own.key, own.count) == ("own", school.urn, 1)
    assert remit_of(school, "remit", TODAY) == own


@pytest.mark.parametrize("day", [SNAPSHOTS[0], SNAPSHOTS[2], TODAY])
def test_remit_of_an_authority_is_the_state_funded_schools_of_its_area(
    county_world: World, day: date
) -> None:
    remit = remit_of(_authority(), "remit", day)
    expected = {
        school.urn: "maintained" if school.type_code in MAINTAINED_TYPES else "geographic"
        for school in county_world.schools
        if school.is_open_on(day)
        and value_on(school.authority, day) == MARLSHIRE
        and school.type_code in STATE_FUNDED_TYPES
    }
    assert {school.urn: school.basis for school in remit.schools} == expected


@pytest.mark.parametrize("day", [SNAPSHOTS[0], SNAPSHOTS[1], TODAY])
def test_remit_of_a_diocese_is_the_schools_with_its_code(county_world: World, day: date) -> None:
    diocese = add_organisation(Kind.DIOCESE, "Diocese", diocese_code=CATHOLIC)
    expected = {
        school.urn
        for school in county_world.schools
        if school.is_open_on(day) and value_on(school.diocese, day) == CATHOLIC
    }
    assert expected
    assert _urns(remit_of(diocese, "remit", day)) == expected


def test_remit_before_the_first_file_is_the_earliest_known(county_world: World) -> None:
    remit = remit_of(_authority(), "remit", SNAPSHOTS[0] - timedelta(days=1))
    assert {school.basis for school in remit.schools} == {"earliest known"}
    assert {school.ground for school in remit.schools} == {"maintained", "geographic"}
    trust = remit_of(_by_uid(LEARNING), "remit", SNAPSHOTS[0] - timedelta(days=1))
    assert {school.basis for school in trust.schools} == {"trust"}


def test_remit_of_an_authority_alone_calls_schools_maintained(
    county_world: World,
) -> None:
    school = next(
        each
        for each in county_world.schools
        if each.is_open_on(TODAY)
        and each.type_code in MAINTAINED_TYPES
        and value_on(each.authority, TODAY) == MARLSHIRE
    )
    scopes: tuple[Scope, ...] = ("own", "all")
    for scope in scopes:
        found = remit_of(_school(school), scope, TODAY).school(school.urn)
        assert found is not None
        assert found.basis == scope
    found = remit_of(_authority(), "remit", TODAY).school(school.urn)
    assert found is not None
    assert found.basis == "maintained"


def test_remit_omits_a_closed_school(county_world: World) -> None:
    closed = next(school for school in county_world.schools if school.closed == date(2019, 1, 1))
    school = _school(closed)
    assert remit_of(school, "own", date(2018, 12, 31)).count == 1
    assert remit_of(school, "own", date(2019, 1, 1)).count == 0
    everything = remit_of(school, "all", date(2019, 1, 1))
    assert not everything.contains(closed.urn)


def test_remit_has_a_school_that_is_proposed_to_close(county_world: World) -> None:
    school = next(each for each in county_world.schools if each.proposed_to_close)
    assert remit_of(_school(school), "own", TODAY).contains(school.urn)


def test_remit_of_a_closed_trust_is_empty() -> None:
    assert remit_of(_by_uid(FENWICK), "remit", date(2019, 3, 31)).count == 1
    assert remit_of(_by_uid(FENWICK), "remit", date(2019, 4, 1)).count == 0


def test_remit_of_a_closed_trust_with_links_without_end_is_empty() -> None:
    trust = _by_uid(LEARNING)
    assert remit_of(trust, "remit", TODAY).count
    with writing() as session:
        session.execute(
            update(OrganisationPeriod)
            .where(OrganisationPeriod.organisation_id == trust.id)
            .values(open=False)
        )
    assert list(remit_of(trust, "remit", TODAY).stream()) == []


def test_remit_of_a_trust_without_key_is_empty() -> None:
    assert list(Remit("multi_academy_trust", LEARNING, TODAY).stream()) == []


def test_remit_of_all_is_every_open_school_and_of_training_none(county_world: World) -> None:
    team = add_organisation(Kind.SERVICE_TEAM, "The team")
    everything = remit_of(team, "all", TODAY)
    expected = {school.urn for school in county_world.schools if school.is_open_on(TODAY)}
    assert (everything.kind, everything.key, everything.count) == ("all", None, len(expected))
    assert _urns(everything) == expected
    training = remit_of(team, "training", TODAY)
    assert (training.kind, training.key, training.count) == ("training", None, 0)
    assert list(training.schools) == []


def test_remit_of_a_body_without_schools_is_none() -> None:
    team = add_organisation(Kind.SERVICE_TEAM, "The team")
    scopes: tuple[Scope, ...] = ("own", "remit")
    for scope in scopes:
        with pytest.raises(RefusalError, match="have no schools of their own"):
            remit_of(team, scope, TODAY)
    with pytest.raises(RefusalError, match="have no schools of their own"):
        remit_of(_authority(), "own", TODAY)


def test_remit_of_refuses_a_body_without_its_identifier() -> None:
    nameless = world.organisation("Fenland", "local_authority")
    with pytest.raises(RefusalError, match="Fenland has no LA code"):
        remit_of(nameless, "remit", TODAY)


def test_remit_pages_follow_each_other_without_gap() -> None:
    remit = remit_of(_authority(), "remit", TODAY)
    found: list[str] = []
    while page := remit.page(after=found[-1] if found else None, limit=7):
        found += [school.urn for school in page]
        assert len(found) <= remit.count
    assert found == sorted(_urns(remit))


def test_remit_version_changes_with_the_list_only(county_files: list[Path], tmp_path: Path) -> None:
    trust, later = _by_uid(LEARNING), TODAY + timedelta(days=30)
    before = remit_of(trust, "remit", TODAY)
    version, count = before.version, before.count
    assert remit_of(trust, "remit", later).version == version
    links = max(path for path in county_files if path.name.startswith("grouplinks"))
    lines = links.read_bytes().splitlines(keepends=True)
    leaver = next(line.split(b",")[0] for line in lines if LEARNING.encode() in line)
    cut = tmp_path / f"grouplinks_edubaseallacademiesandfree{later:%Y%m%d}.csv"
    cut.write_bytes(
        b"".join(line for line in lines if line.split(b",")[0] != leaver.split(b",")[0])
    )
    import_file(cut)
    after = remit_of(trust, "remit", later)
    assert (after.version != version, after.count) == (True, count - 1)
    assert remit_of(trust, "remit", TODAY).version == version


def test_remit_of_a_moment_is_that_of_its_day() -> None:
    moment = datetime(2019, 4, 1, 0, 30, tzinfo=UTC)
    assert remit_of(_by_uid(FENWICK), "remit", moment).on == date(2019, 4, 1)


def test_remit_count_and_membership_take_few_queries(app: Flask) -> None:
    remit = remit_of(_authority(), "all", TODAY)
    _ = remit.version
    statements: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    assert remit.count > 100
    assert remit.version
    assert len(statements) == 2
    statements.clear()
    assert remit.contains("900008")
    assert not remit.contains("123456")
    assert len(statements) == 2
    event.remove(db.engine, "before_cursor_execute", note)


def test_remit_of_key_finds_a_remit_by_kind_and_key(county_world: World) -> None:
    for kind, key in (
        ("multi_academy_trust", LEARNING),
        ("single_academy_trust", FENWICK),
        ("local_authority", MARLSHIRE),
        ("own", county_world.schools[0].urn),
        ("all", None),
        ("training", None),
    ):
        found = remit_of_key(kind, key, TODAY)
        assert found is not None
        assert (found.kind, found.key) == (kind, key)
    for wrong, key in (
        ("multi_academy_trust", FENWICK),
        ("local_authority", "000"),
        ("own", None),
        ("all", "x"),
        ("diocese", CATHOLIC),
        ("nothing", "1"),
    ):
        assert remit_of_key(wrong, key, TODAY) is None


def test_remit_of_key_finds_no_diocese_for_a_missing_key() -> None:
    world.organisation("Diocese without a code", "diocese")
    assert remit_of_key("diocese", None, TODAY) is None


def test_remit_of_a_school_in_no_file_is_the_school() -> None:
    school = world.organisation("Elm School", urn="199999")
    assert [each.basis for each in remit_of(school, "own", TODAY).stream()] == ["own"]
