"""`secure-access access explain` says in sentences which rules refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import writing
from approvals.access_model import checks, entry, loading, rules
from approvals.access_model.answers import Allowed
from approvals.access_model.models import ListedOrganisation
from approvals.organisations.models import Organisation
from approvals.terms import actions as terms
from identity.accounts.email import email_key
from identity.accounts.models import Account
from tests.approvals.access_model import world
from tests.approvals.access_model.test_rules import TABLES

LATER = datetime(2027, 1, 1, tzinfo=UTC)
ENDED = datetime(2026, 6, 30, 15, 5, tzinfo=UTC)


@dataclass
class Scene:
    """Ada, who may enter School Performance for Elm School until a case changes something."""

    tmp_path: Path
    ada: Account
    elm: Organisation

    def entering(self, **changes: Any) -> None:
        world.grant(world.member(self.ada, self.elm), "School_Named", **changes)

    def reload(self, *changes: tuple[str, str]) -> None:
        text = world.SCHOOL_PERFORMANCE.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.tmp_path / "school_performance.toml"
        path.write_text(text)
        loading.load([path])


@pytest.fixture
def scene(app: Flask, tmp_path: Path) -> Any:
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False):
        world.load_school_performance()
        yield Scene(tmp_path, world.person(), world.organisation("Elm School", urn="100001"))


def explain(app: Flask, *arguments: str, service: str = "school_performance") -> list[str]:
    result = app.test_cli_runner().invoke(
        args=["access", "explain", "ada.byron@example.org", "--service", service, *arguments]
    )
    assert result.exit_code == 0, result.output
    return str(result.output).splitlines()


def reasons(lines: list[str]) -> list[str]:
    return [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]


Make = Callable[[Scene], None]


def _closed(scene: Scene) -> None:
    scene.entering()
    scene.reload(("active = true", "active = false"))


def _not_joined(scene: Scene) -> None:
    scene.entering()
    with writing():
        scene.ada.joined_at = LATER


def _organisation_closed(scene: Scene) -> None:
    gone = world.organisation("Gone School", urn="100003", closed_on=date(2025, 8, 31))
    world.grant(world.member(scene.ada, gone), "School_Named")


def _organisation_not_yet_open(scene: Scene) -> None:
    office = world.organisation("New Diocese", "diocese", diocese_code="CE99")
    with writing():
        office.opened_on = date(2027, 1, 1)
    world.grant(world.member(scene.ada, office), "Diocese_Named")


def _nothing_for_this_kind(scene: Scene) -> None:
    ivy = world.organisation("Ivy Trust", "single_academy_trust", uid="1800")
    world.member(scene.ada, ivy)


def _not_accepted(scene: Scene) -> None:
    world.grant(world.member(scene.ada, scene.elm, joined_at=None), "School_Named")


def _membership_starts(scene: Scene) -> None:
    world.grant(world.member(scene.ada, scene.elm, since=LATER), "School_Named")


def _membership_ended(scene: Scene) -> None:
    world.grant(world.member(scene.ada, scene.elm, until=ENDED), "School_Named")


def _no_grant(scene: Scene) -> None:
    world.member(scene.ada, scene.elm)


def _group_gone(scene: Scene) -> None:
    scene.entering()
    scene.reload(('code = "School_Named"', 'code = "School_Full"'))


def _group_moved(scene: Scene) -> None:
    scene.entering()
    scene.reload(
        (
            'download and upload data of the school"\nkinds = ["establishment"]\nschools = "own"',
            'download data"\nkinds = ["diocese"]\nschools = "remit"',
        )
    )


def _two_groups(scene: Scene) -> None:
    scene.reload(("one_user_group = true", "one_user_group = false"))
    membership = world.member(scene.ada, scene.elm)
    world.grant(membership, "School_Named")
    world.grant(membership, "School_Governor")
    scene.reload(("one_user_group = true", "one_user_group = true"))


def _suspended(scene: Scene) -> None:
    scene.entering()
    with writing():
        scene.ada.suspended_at = ENDED


def _platform_terms(scene: Scene) -> None:
    scene.entering()
    world.publish(None)


def _service_terms(scene: Scene) -> None:
    scene.entering()
    world.publish("school_performance")


CASES: list[tuple[type, Make, list[str]]] = [
    (checks.ServiceIsActive, _closed, ["School Performance is not in use."]),
    (
        checks.PersonHasJoined,
        _not_joined,
        ["The account was set up later, on 1 January 2027."],
    ),
    (
        checks.OrganisationIsOpen,
        _organisation_closed,
        ["Gone School closed on 31 August 2025."],
    ),
    (
        checks.OrganisationIsOpen,
        _organisation_not_yet_open,
        ["New Diocese opens on 1 January 2027."],
    ),
    (
        checks.OrganisationMayHoldSomething,
        _nothing_for_this_kind,
        [
            (
                "A single-academy trust holds no user group of School Performance: its school "
                "does, so people are added to the school."
            ),
            "Ivy Trust has given no user group of School Performance.",
        ],
    ),
    (
        checks.MembershipWasAccepted,
        _not_accepted,
        ["The invitation to Elm School has not been accepted."],
    ),
    (
        checks.MembershipHasStarted,
        _membership_starts,
        ["Membership of Elm School starts on 1 January 2027."],
    ),
    (
        checks.MembershipHasNotEnded,
        _membership_ended,
        ["Membership of Elm School ended on 30 June 2026 at 4:05pm."],
    ),
    (
        checks.GrantExists,
        _no_grant,
        ["Elm School has given no user group of School Performance."],
    ),
    (
        checks.GrantHasStarted,
        lambda scene: scene.entering(since=LATER),
        ["School Named at Elm School starts on 1 January 2027."],
    ),
    (
        checks.GrantHasNotEnded,
        lambda scene: scene.entering(until=ENDED),
        ["School Named at Elm School ended on 30 June 2026 at 4:05pm."],
    ),
    (
        checks.GroupIsInTheModel,
        _group_gone,
        ["School Performance has no user group School_Named any more."],
    ),
    (
        checks.GroupIsOfferedHere,
        _group_moved,
        ["School Performance does not offer School Named to Elm School."],
    ),
    (
        checks.OneGroupWhereOneIsAllowed,
        _two_groups,
        [
            (
                "School Performance allows one user group in an organisation: Elm School gives "
                "School Named and School Governor."
            )
        ],
    ),
    (
        entry.AccountIsNotSuspended,
        _suspended,
        ["The account has been suspended since 30 June 2026 at 4:05pm."],
    ),
    (
        entry.PlatformTermsAreAccepted,
        _platform_terms,
        ["“Terms of use of Secure Access”, version 1, has not been accepted."],
    ),
    (
        entry.ServiceTermsAreAccepted,
        _service_terms,
        ["“Terms of use of school_performance”, version 1, has not been accepted."],
    ),
]


def identify(value: object) -> str:
    return value.__name__ if isinstance(value, type) else ""


@pytest.mark.parametrize(("rule", "make", "sentences"), CASES, ids=identify)
def test_each_rule_that_refuses_says_one_sentence(
    app: Flask, scene: Scene, rule: type, make: Make, sentences: list[str]
) -> None:
    make(scene)
    assert reasons(explain(app)) == sentences


@pytest.mark.parametrize(("rule", "make", "sentences"), CASES, ids=identify)
def test_a_broken_rule_fails_its_case(
    app: Flask,
    scene: Scene,
    rule: type,
    make: Make,
    sentences: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(scene)

    def agree(*_arguments: Any) -> Allowed:
        return Allowed()

    monkeypatch.setattr(rule, "__call__", agree)
    assert reasons(explain(app)) != sentences


def test_the_cases_cover_every_rule_but_those_that_have_their_own_tests() -> None:
    every = {type(rule) for table in TABLES for rule in getattr(rules, table)}
    every |= {type(rule) for rule in entry.SIGN_IN}
    assert every - {rule for rule, _make, _sentences in CASES} == {
        checks.ServiceIsKnown,
        checks.MembershipExists,
        checks.GroupsShareTheirSchools,
    }


def test_a_service_that_is_not_known(app: Flask, scene: Scene) -> None:
    scene.entering()
    said = reasons(explain(app, service="nothing"))
    assert said == ["There is no service with the code nothing."]


def test_a_person_who_does_not_belong_to_the_organisation(app: Flask, scene: Scene) -> None:
    said = explain(app, "--organisation", "100001")
    assert reasons(said) == ["There is no membership of Elm School."]
    assert explain(app)[1:] == ["The account belongs to no organisation."]


def test_groups_that_came_to_open_different_schools(app: Flask, scene: Scene) -> None:
    ash = world.organisation("Ash", "training_provider", ukprn="10000001")
    scene.reload(("one_user_group = true", "one_user_group = false"))
    membership = world.member(scene.ada, ash)
    world.grant(membership, "Training_Anon")
    world.grant(membership, "Ofsted_Anon")
    # What loading refuses, written behind its back: a provider under an inspectorate's key.
    with writing() as session:
        session.scalars(
            select(ListedOrganisation).where(ListedOrganisation.key == "ofsted")
        ).one().organisation_id = ash.id
    assert reasons(explain(app)) == [
        "OFSTED Anon and Training Anon open different schools and cannot be held together."
    ]


def test_what_a_person_can_do_is_said_in_words(app: Flask, scene: Scene) -> None:
    scene.entering(until=LATER)
    assert explain(app) == [
        "Ada Byron (ada.byron@example.org), School Performance, 23 November 2026 at 9:00am",
        "Elm School: may enter",
        "  as School Named",
        "    can see the results of its own school",
        "    can see pupil names",
        "    can download pupil data",
        "    can upload data",
        "    can print reports and save them",
        "  until 1 January 2027",
    ]


def test_every_organisation_of_the_person_is_explained(app: Flask, scene: Scene) -> None:
    scene.entering()
    world.member(scene.ada, world.organisation("Oak School", urn="100002"))
    said = explain(app)
    assert "Elm School: may enter" in said
    assert "Oak School: may not enter" in said
    only = explain(app, "--organisation", "Oak")
    assert "Elm School: may enter" not in only
    assert "Oak School: may not enter" in only


def test_terms_that_wait_stand_beside_what_is_granted(app: Flask, scene: Scene) -> None:
    scene.entering()
    accepted, waiting = world.publish(None), world.publish("school_performance")
    terms.accept(scene.ada, [accepted], "sid")
    said = explain(app)
    assert "Elm School: may enter once what stands under “Signing in” is settled" in said
    assert len(reasons(said)) == 1
    terms.accept(scene.ada, [waiting], "sid")
    assert "Elm School: may enter" in explain(app)


def test_another_day_is_explained_as_it_was(app: Flask, scene: Scene) -> None:
    scene.entering(until=ENDED)
    assert "Elm School: may enter" in explain(app, "--at", "2026-06-29")
    assert "Elm School: may enter" in explain(app, "--at", "2026-06-30T15:04:59")
    assert "Elm School: may not enter" in explain(app, "--at", "2026-06-30")
    assert "Elm School: may not enter" in explain(app, "--at", "2019-12-31")


def test_somebody_who_was_invited_only(app: Flask, scene: Scene) -> None:
    membership = world.member(scene.ada, scene.elm, joined_at=None)
    world.grant(membership, "School_Named")
    with writing():
        membership.account_id = None
        membership.email = "new@example.org"
        membership.email_key = email_key("new@example.org")
    result = app.test_cli_runner().invoke(
        args=["access", "explain", "new@example.org", "--service", "school_performance"]
    )
    assert reasons(result.output.splitlines()) == [
        "The account has not been set up: no invitation was accepted.",
        "The invitation to Elm School has not been accepted.",
    ]


def test_somebody_whom_nobody_knows(app: Flask, scene: Scene) -> None:
    result = app.test_cli_runner().invoke(
        args=["access", "explain", "who@example.org", "--service", "school_performance"]
    )
    assert result.output.splitlines()[1:] == [
        "There is no account with the address who@example.org, and no invitation to it."
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["not-an-address", "--service", "x"], "Error: "),
        (["a@example.org", "--service", "x", "--organisation", "999"], "no organisation that goes"),
        (["a@example.org", "--service", "x", "--organisation", "Elm"], "Several organisations"),
        (["a@example.org", "--service", "x", "--at", "yesterday"], "is no date: write 2026-11-23"),
    ],
)
def test_what_cannot_be_asked_is_said(
    app: Flask, scene: Scene, arguments: list[str], message: str
) -> None:
    world.organisation("Elm Infant School", urn="100009")
    result = app.test_cli_runner().invoke(args=["access", "explain", *arguments])
    assert result.exit_code != 0
    assert message in result.output
