"""The decision asked of the database, and lists that agree with it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.clock import now, start_of_day
from app.database import writing
from approvals.access_model import loading
from approvals.decision import decision as decisions
from approvals.decision.decision_types import RemitScope
from approvals.organisations.models import Organisation
from tests.approvals.decision import world
from tests.sent import statements

LIBRARY = Path(__file__).parents[1] / "access_model" / "library.toml"


SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is the code's own, whichever database it is asked of."""


@pytest.fixture(autouse=True)
def services(app: Flask) -> None:
    world.load_school_performance()


def test_decide_allows_a_person_with_a_grant() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Anon")
    decision = decisions.decide(ada, "school_performance", elm, now())
    assert decision.allowed
    assert [group.name for group in decision.user_groups] == ["School Anon"]
    assert decision.remit == RemitScope("own", "own", "100001")


def test_decide_answers_for_the_given_moment() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    ends = datetime(2026, 7, 31, 12, tzinfo=UTC)
    world.grant(world.member(ada, elm), "School_Anon", until=ends)

    def allowed(at: datetime) -> bool:
        return decisions.decide(ada, "school_performance", elm, at).allowed

    assert not allowed(world.LONG_AGO - timedelta(seconds=1))
    assert allowed(world.LONG_AGO)
    assert allowed(ends - timedelta(seconds=1))
    assert not allowed(ends)


def test_decide_refuses_a_closed_school_from_its_closing_day() -> None:
    ada = world.person()
    elm = world.organisation("Elm School", urn="100001", closed_on=date(2026, 8, 31))
    world.grant(world.member(ada, elm), "School_Anon")
    midnight = start_of_day(date(2026, 8, 31))
    before = decisions.decide(ada, "school_performance", elm, midnight - timedelta(microseconds=1))
    after = decisions.decide(ada, "school_performance", elm, midnight)
    assert before.allowed
    assert [reason.sentence for reason in after.reasons] == ["Elm School closed on 31 August 2026."]


def test_decide_ignores_a_grant_in_another_organisation() -> None:
    ada = world.person()
    elm = world.organisation("Elm School", urn="100001")
    oak = world.organisation("Oak School", urn="100002")
    world.member(ada, elm)
    world.grant(world.member(ada, oak), "School_Named")
    decision = decisions.decide(ada, "school_performance", elm, now())
    assert [reason.code for reason in decision.reasons] == ["GrantExists"]


def test_decide_ignores_a_grant_of_another_service() -> None:
    loading.load([LIBRARY])
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Named")
    assert not decisions.decide(ada, "library", elm, now()).allowed


def test_decide_answers_for_a_second_service_after_loading_its_file() -> None:
    loading.load([LIBRARY])
    ada = world.person()
    elm = world.organisation("Elm School", urn="100001")
    ivy = world.organisation("Ivy Trust", "single_academy_trust", uid="1800")
    at_elm = world.member(ada, elm)
    world.grant(at_elm, "lender", service="library")
    world.grant(at_elm, "counter", service="library")
    world.grant(world.member(ada, ivy), "trust_librarian", service="library")

    school = decisions.decide(ada, "library", elm, now())
    assert [group.code for group in school.user_groups] == ["lender", "counter"]
    assert school.capabilities == {"lend", "count"}
    trust = decisions.decide(ada, "library", ivy, now())
    assert trust.capabilities == {"count", "discard"}
    assert trust.remit == RemitScope("remit", "single_academy_trust", "1800")


def test_offered_user_groups_follow_kind_and_lists() -> None:
    loading.load([LIBRARY])
    elm = world.organisation("Elm School", urn="100001")
    ivy = world.organisation("Ivy Trust", "single_academy_trust", uid="1800")
    another = world.organisation("Another department", "department")

    def codes(organisation: Organisation, service: str | None = None) -> list[str]:
        return [group.code for group in decisions.offered_user_groups(service, organisation, now())]

    assert codes(elm, "library") == ["lender", "counter"]
    assert codes(elm) == ["lender", "counter", "School_Named", "School_Anon", "School_Governor"]
    assert codes(ivy, "school_performance") == []
    assert codes(ivy) == ["trust_librarian"]
    assert codes(another) == []


def test_lists_of_decisions_agree_with_the_single_decision() -> None:
    loading.load([LIBRARY])
    elm = world.organisation("Elm School", urn="100001")
    oak = world.organisation("Oak Trust", "multi_academy_trust", uid="1700")
    gone = world.organisation("Gone School", urn="100003", closed_on=date(2025, 8, 31))
    places = [elm, oak, gone]
    people = [
        world.person(f"{given} {family}")
        for given in ("Ada", "Bea", "Cy", "Di")
        for family in ("Young", "Old")
    ]
    late = datetime(2026, 3, 1, tzinfo=UTC)
    for number, someone in enumerate(people):
        for order, place in enumerate(places):
            if (number + order) % 4 == 3:
                continue
            membership = world.member(
                someone,
                place,
                joined_at=None if (number + order) % 5 == 4 else world.LONG_AGO,
                until=late if (number * 3 + order) % 7 == 6 else None,
            )
            group = ["School_Named", "MAT_Anon", "School_Anon"][(number + order) % 3]
            if (number + 2 * order) % 6 != 5:
                world.grant(membership, group, until=late if number % 4 == 1 else None)
            if number % 2:
                world.grant(membership, "counter", service="library")
    seen = set()
    for at in (world.LONG_AGO, late - timedelta(days=1), late, now()):
        for service in ("school_performance", "library", "nothing"):
            for place in places:
                single = {
                    someone.subject
                    for someone in people
                    if decisions.decide(someone, service, place, at).allowed
                }
                listed = {each.subject for each in decisions.people_with_access(service, place, at)}
                assert listed == single
                seen.add(len(single))
            for someone in people:
                single_places = {
                    place.public_id: decisions.decide(someone, service, place, at)
                    for place in places
                }
                for each in decisions.decisions_of_person(someone.id, service, at):
                    assert each.decision == single_places.pop(each.organisation.public_id)
                assert not any(left.allowed for left in single_places.values())
    assert len(seen) > 3


@SQLITE
def test_decision_takes_one_statement() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Anon")
    decisions.decide(ada, "school_performance", elm, now())
    account, place = ada.id, elm.public_id
    with statements() as sent:
        answer = decisions.decide_by_id(account, "school_performance", place, now())
    assert answer.decision.allowed
    assert len(sent) == 1


@SQLITE
def test_lists_of_decisions_take_one_statement() -> None:
    elm = world.organisation("Elm School", urn="100001")
    for number in range(12):
        world.grant(world.member(world.person(f"Ada X{number}"), elm), "School_Anon")
    decisions.people_with_access("school_performance", elm, now())
    with statements() as sent:
        assert len(decisions.people_with_access("school_performance", elm, now())) == 12
    assert 1 <= len(sent) <= 2


def test_decide_refuses_an_unknown_account_or_organisation() -> None:
    assert not decisions.decide_by_id(99, "school_performance", "nowhere", now()).decision.allowed


def test_version_that_was_rolled_back_is_not_cached(tmp_path: Path) -> None:
    elm = world.organisation("Elm School", urn="100001")

    class Stop(Exception):
        pass

    def load_and_fail() -> None:
        with writing():
            loading.load([LIBRARY])
            assert decisions.offered_user_groups("library", elm, now())
            raise Stop

    with pytest.raises(Stop):
        load_and_fail()
    path = tmp_path / "library.toml"
    path.write_text(LIBRARY.read_text().replace('name = "Lender"', 'name = "Lends"'))
    loading.load([path])
    assert decisions.offered_user_groups("library", elm, now())[0].name == "Lends"
