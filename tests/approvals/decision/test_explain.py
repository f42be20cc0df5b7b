"""`secure-access access explain` says in sentences which rules refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.actors import SYSTEM
from app.clock import end_of_day, now
from app.database import writing
from approvals.access_model import loading
from approvals.access_model.models import ListedOrganisation
from approvals.decision import evaluation, rules, sign_in_checks
from approvals.memberships.suspension import suspend_after_reset, suspend_for_connection
from approvals.organisations.by_hand import close_organisation
from approvals.organisations.models import END, Organisation, OrganisationPeriod
from approvals.organisations.register import codes
from approvals.terms import actions as terms
from approvals.terms.models import TermsVersion
from identity.accounts.models import Account
from identity.administration import suspension
from identity.email_address import EmailAddress
from identity.oidc.client_administration import actions as clients
from tests.approvals.decision import world
from tests.approvals.decision.test_rules import TABLES
from tests.identity.oidc.relying_party import register

SERVICE = "school_performance"
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
SWITCHED_OFF = "the sign-in with Elm account was switched off."


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


AFTER_RESET = (
    "Access through Elm School waits for an approver: the second step of the account was reset."
)


def _membership_after_reset(scene: Scene) -> None:
    membership = world.member(scene.ada, scene.elm)
    world.grant(membership, "School_Named")
    with writing():
        suspend_after_reset(membership, now())


def _membership_suspended(scene: Scene) -> None:
    membership = world.member(scene.ada, scene.elm)
    world.grant(membership, "School_Named")
    with writing():
        suspend_for_connection("Elm account", [scene.elm.public_id], [scene.ada.id], now())


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
    with time_machine.travel(ENDED, tick=False):
        suspension.suspend(scene.ada, actor=SYSTEM)


def _account_closed(scene: Scene) -> None:
    scene.entering()
    with writing():
        scene.ada.suspended_at = scene.ada.closed_at = ENDED


def _client_disabled(scene: Scene) -> None:
    scene.entering()
    client = register(client_name="Results", service="school_performance")
    with time_machine.travel(ENDED, tick=False):
        clients.disable(client["client_id"])


def _platform_terms(scene: Scene) -> None:
    scene.entering()
    world.publish(None)


def _service_terms(scene: Scene) -> None:
    scene.entering()
    world.publish("school_performance")


CASES: list[tuple[type, Make, list[str]]] = [
    (rules.ServiceIsActive, _closed, ["School Performance is not in use."]),
    (
        rules.PersonHasJoined,
        _not_joined,
        ["The account was set up later, on 1 January 2027."],
    ),
    (
        rules.OrganisationIsOpen,
        _organisation_closed,
        ["Gone School closed on 31 August 2025."],
    ),
    (
        rules.OrganisationIsOpen,
        _organisation_not_yet_open,
        ["New Diocese opens on 1 January 2027."],
    ),
    (
        rules.OrganisationMayHoldSomething,
        _nothing_for_this_kind,
        [
            (
                "A single-academy trust holds no user group of School Performance: its school "
                "does, so people are added to the school."
            ),
            "Ivy Trust has not given access to School Performance yet.",
        ],
    ),
    (
        rules.MembershipWasAccepted,
        _not_accepted,
        ["The invitation to Elm School has not been accepted."],
    ),
    (
        rules.MembershipHasStarted,
        _membership_starts,
        ["Membership of Elm School starts on 1 January 2027."],
    ),
    (
        rules.MembershipHasNotEnded,
        _membership_ended,
        ["Membership of Elm School ended on 30 June 2026 at 4:05pm."],
    ),
    (
        rules.MembershipIsNotSuspended,
        _membership_after_reset,
        [AFTER_RESET],
    ),
    (
        rules.MembershipIsNotSuspended,
        _membership_suspended,
        [f"Access through Elm School waits for an approver: {SWITCHED_OFF}"],
    ),
    (
        rules.GrantExists,
        _no_grant,
        ["Elm School has not given access to School Performance yet."],
    ),
    (
        rules.GrantHasStarted,
        lambda scene: scene.entering(since=LATER),
        ["School Named at Elm School starts on 1 January 2027."],
    ),
    (
        rules.GrantHasNotEnded,
        lambda scene: scene.entering(until=ENDED),
        ["School Named at Elm School ended on 30 June 2026 at 4:05pm."],
    ),
    (
        rules.GroupIsInTheModel,
        _group_gone,
        ["School Performance has no user group School_Named any more."],
    ),
    (
        rules.GroupIsOfferedHere,
        _group_moved,
        ["School Performance does not offer School Named to Elm School."],
    ),
    (
        rules.OneGroupWhereOneIsAllowed,
        _two_groups,
        [
            (
                "School Performance allows one user group in an organisation: Elm School gives "
                "School Named and School Governor."
            )
        ],
    ),
    (
        sign_in_checks.AccountIsNotSuspended,
        _suspended,
        ["The account has been suspended since 30 June 2026 at 4:05pm."],
    ),
    (
        sign_in_checks.AccountIsNotClosed,
        _account_closed,
        ["The account was closed on 30 June 2026 at 4:05pm."],
    ),
    (
        sign_in_checks.SomeClientIsEnabled,
        _client_disabled,
        [
            (
                "The service has no client that is enabled: Results (disabled since 30 June 2026 "
                "at 4:05pm)."
            )
        ],
    ),
    (
        sign_in_checks.PlatformTermsAreAccepted,
        _platform_terms,
        ["“Terms of use of Secure Access”, version 1, has not been accepted."],
    ),
    (
        sign_in_checks.ServiceTermsAreAccepted,
        _service_terms,
        ["“Terms of use of school_performance”, version 1, has not been accepted."],
    ),
]


def identify(value: object) -> str:
    return value.__name__ if isinstance(value, type) else ""


@pytest.mark.parametrize(("rule", "make", "sentences"), CASES, ids=identify)
def test_explain_gives_one_sentence_for_each_refusing_rule(
    app: Flask, scene: Scene, rule: type, make: Make, sentences: list[str]
) -> None:
    make(scene)
    assert reasons(explain(app)) == sentences


@pytest.mark.parametrize(("rule", "make", "sentences"), CASES, ids=identify)
def test_cases_fail_with_a_broken_rule(
    app: Flask,
    scene: Scene,
    rule: type,
    make: Make,
    sentences: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(scene)

    def agree(*_arguments: Any) -> None:
        return None

    monkeypatch.setattr(rule, "__call__", agree)
    assert reasons(explain(app)) != sentences


def test_cases_cover_every_rule_without_own_tests() -> None:
    every = {type(rule) for table in TABLES for rule in getattr(evaluation, table)}
    every |= {type(rule) for rule in sign_in_checks.SIGN_IN}
    assert every - {rule for rule, _make, _sentences in CASES} == {
        rules.ServiceIsKnown,
        rules.MembershipExists,
        rules.GroupsShareTheirSchools,
    }


def test_explain_refuses_an_unknown_service(app: Flask, scene: Scene) -> None:
    result = app.test_cli_runner().invoke(
        args=["access", "explain", "ada.byron@example.org", "--service", "nothing"]
    )
    assert result.exit_code == 1
    assert "There is no service with the code nothing. `secure-access services find`" in (
        result.output
    )


def test_explain_names_a_person_outside_the_organisation(app: Flask, scene: Scene) -> None:
    said = explain(app, "--organisation", "100001")
    assert reasons(said) == ["There is no membership of Elm School."]
    assert explain(app)[1:] == ["The account belongs to no organisation."]


def test_explain_names_groups_that_open_different_schools(app: Flask, scene: Scene) -> None:
    ash = world.organisation("Ash", "training_provider", ukprn="10000001")
    scene.reload(("one_user_group = true", "one_user_group = false"))
    membership = world.member(scene.ada, ash)
    world.grant(membership, "Training_Anon")
    world.grant(membership, "Ofsted_Anon")
    # A state that loading refuses, written by SQL: a provider under an inspectorate's key.
    with writing() as session:
        session.scalars(
            select(ListedOrganisation).where(ListedOrganisation.key == "ofsted")
        ).one().organisation_id = ash.id
    assert reasons(explain(app)) == [
        "OFSTED Anon and Training Anon open different schools and cannot be held together."
    ]


def test_explain_describes_capabilities_in_words(app: Flask, scene: Scene) -> None:
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
        "  for 1 school:",
        "    100001 Elm School (own)",
        "  until 31 December 2026",
        "  Membership: From 1 January 2020, accepted on 1 January 2020.",
        (
            "  User group: School Named from 1 January 2020 until 31 December 2026, given by an "
            "operator (command test)."
        ),
    ]


def test_explain_covers_every_organisation_of_the_person(app: Flask, scene: Scene) -> None:
    scene.entering()
    world.member(scene.ada, world.organisation("Oak School", urn="100002"))
    said = explain(app)
    assert "Elm School: may enter" in said
    assert "Oak School: may not enter" in said
    only = explain(app, "--organisation", "Oak")
    assert "Elm School: may enter" not in only
    assert "Oak School: may not enter" in only


def test_explain_shows_due_terms_beside_the_grant(app: Flask, scene: Scene) -> None:
    scene.entering()
    accepted, waiting = world.publish(None), world.publish("school_performance")
    terms.accept(scene.ada, [accepted], "sid", now())
    said = explain(app)
    assert "Elm School: may enter after the points under “Signing in” are settled" in said
    assert len(reasons(said)) == 1
    terms.accept(scene.ada, [waiting], "sid", now())
    assert "Elm School: may enter" in explain(app)


def test_explain_answers_for_another_day(app: Flask, scene: Scene) -> None:
    scene.entering(until=ENDED)
    assert "Elm School: may enter" in explain(app, "--at", "2026-06-29")
    assert "Elm School: may enter" in explain(app, "--at", "2026-06-30T15:04:59Z")
    assert "Elm School: may enter" in explain(app, "--at", "2026-06-30T16:04:59+01:00")
    assert "Elm School: may not enter" in explain(app, "--at", "2026-06-30")
    assert "Elm School: may not enter" in explain(app, "--at", "2019-12-31")


def test_explain_answers_for_an_invited_person(app: Flask, scene: Scene) -> None:
    membership = world.member(scene.ada, scene.elm, joined_at=None)
    world.grant(membership, "School_Named")
    with writing():
        membership.account_id = None
        membership.email = "new@example.org"
        membership.email_key = EmailAddress.parse("new@example.org").key
    result = app.test_cli_runner().invoke(
        args=["access", "explain", "new@example.org", "--service", "school_performance"]
    )
    assert reasons(result.output.splitlines()) == [
        "The account has not been set up: no invitation was accepted.",
        "The invitation to Elm School has not been accepted.",
    ]


def test_explain_refuses_an_unknown_address(app: Flask, scene: Scene) -> None:
    result = app.test_cli_runner().invoke(
        args=["access", "explain", "who@example.org", "--service", "school_performance"]
    )
    assert result.exit_code == 1
    assert "There is no account with the address who@example.org, and no invitation to it." in (
        result.output
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["not-an-address", "--service", SERVICE], "Error: "),
        (["a@example.org", "--service", "x", "--organisation", "999"], "There is no organisation"),
        (["a@example.org", "--service", ""], "it is empty"),
        (["a@example.org", "--service", SERVICE, "--organisation", " "], "it is empty"),
        (["", "--service", SERVICE], "it is empty"),
        (["a@example.org", "--service", "x", "--organisation", "Elm"], "Several organisations"),
        (["a@example.org", "--service", "x", "--at", "yesterday"], "is not a date such as"),
        (["a@example.org", "--service", "x", "--at", "9999-12-31"], "from 1000 to 2999"),
        (["a@example.org", "--service", "x", "--at", "0000-01-01"], "from 1000 to 2999"),
        (["a@example.org", "--service", "x", "--at", "2026-06-30T15:04"], "has no offset"),
    ],
)
def test_explain_command_refuses_unusable_arguments(
    app: Flask, scene: Scene, arguments: list[str], message: str
) -> None:
    world.organisation("Elm Infant School", urn="100009")
    result = app.test_cli_runner().invoke(args=["access", "explain", *arguments])
    assert result.exit_code != 0
    assert message in result.output


# ----------------------------------------------------------------------- the past as it was


def test_explain_answers_for_the_time_of_a_suspension_that_has_ended(
    app: Flask, scene: Scene
) -> None:
    scene.entering()
    for begins, ends in (("2026-03-01", "2026-03-05"), ("2026-06-01", "2026-06-05")):
        with time_machine.travel(f"{begins}T12:00:00Z", tick=False):
            suspension.suspend(scene.ada, actor=SYSTEM)
        with time_machine.travel(f"{ends}T12:00:00Z", tick=False):
            suspension.restore(scene.ada, actor=SYSTEM)
    answers = {at: reasons(explain(app, "--at", at)) for at in ("2026-02-28", "2026-03-03")}
    assert answers == {
        "2026-02-28": [],
        "2026-03-03": ["The account has been suspended since 1 March 2026 at 12:00pm."],
    }
    assert reasons(explain(app, "--at", "2026-06-03T00:00Z")) == [
        "The account has been suspended since 1 June 2026 at 1:00pm."
    ]
    assert reasons(explain(app, "--at", "2026-04-01")) == []
    assert reasons(explain(app)) == []


def test_explain_answers_for_the_time_when_the_client_was_disabled(
    app: Flask, scene: Scene
) -> None:
    scene.entering()
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        client_id = register(client_name="Results", service=SERVICE)["client_id"]
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        clients.disable(client_id)
    with time_machine.travel("2026-03-05T12:00:00Z", tick=False):
        clients.enable(client_id)
    assert reasons(explain(app, "--at", "2026-03-01")) == []
    assert reasons(explain(app, "--at", "2026-03-03")) == [
        (
            "The service has no client that is enabled: "
            "Results (disabled since 2 March 2026 at 12:00pm)."
        )
    ]
    assert reasons(explain(app, "--at", "2026-03-06")) == []


def test_explain_answers_for_the_time_before_a_client_changed_its_service(
    app: Flask, scene: Scene
) -> None:
    scene.entering()
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        answer = register(client_name="Results", service=SERVICE)
    metadata = {key: value for key, value in answer.items() if not key.startswith("client_secret")}
    metadata = {key: value for key, value in metadata.items() if key != "client_id_issued_at"}
    with time_machine.travel("2026-03-05T12:00:00Z", tick=False):
        clients.update(
            answer["client_id"],
            {key: value for key, value in metadata.items() if key not in {"service", "client_id"}},
            grant_types=("authorization_code", "refresh_token", "client_credentials"),
        )
    assert reasons(explain(app, "--at", "2026-03-02")) == []
    assert reasons(explain(app, "--at", "2026-03-06")) == ["The service has no client any more."]


def test_explain_answers_with_the_kind_that_a_trust_had_then(app: Flask, scene: Scene) -> None:
    trust = world.organisation("Ivy Trust", "multi_academy_trust", uid="1800")
    world.grant(world.member(scene.ada, trust), "MAT_Named")
    with writing() as session:
        session.execute(
            update(OrganisationPeriod)
            .where(OrganisationPeriod.organisation_id == trust.id)
            .values(valid_to=date(2026, 6, 1), type_code=codes.SINGLE_ACADEMY_TRUST)
        )
        session.add(
            OrganisationPeriod(
                organisation_id=trust.id,
                valid_from=date(2026, 6, 1),
                valid_to=END,
                open=True,
                name="Ivy Trust",
                type_code=codes.MULTI_ACADEMY_TRUST,
            )
        )
    assert "Ivy Trust: may enter" in explain(app)
    assert "Ivy Trust: may not enter" in explain(app, "--at", "2026-05-31")
    assert "Ivy Trust: may enter" in explain(app, "--at", "2026-06-01")


def test_terms_published_with_an_earlier_date_count_from_their_publication(
    app: Flask, scene: Scene
) -> None:
    scene.entering()
    world.publish(SERVICE, since=datetime(2026, 5, 1, 12, tzinfo=UTC))
    with writing() as session:
        version = session.scalars(select(TermsVersion)).one()
        version.effective_from = datetime(2020, 1, 1, tzinfo=UTC)
    assert reasons(explain(app, "--at", "2026-05-01T11:59Z")) == []
    assert reasons(explain(app, "--at", "2026-05-01T12:00Z")) == [
        "“Terms of use of school_performance”, version 1, has not been accepted."
    ]


def test_explain_of_two_groups_has_no_contradiction(app: Flask, scene: Scene) -> None:
    scene.reload(("one_user_group = true", "one_user_group = false"))
    membership = world.member(scene.ada, scene.elm)
    world.grant(membership, "School_Named")
    world.grant(membership, "School_Governor")
    said = [line.strip() for line in explain(app)]
    can = {line.removeprefix("can ") for line in said if line.startswith("can ")}
    cannot = {line.removeprefix("cannot ") for line in said if line.startswith("cannot ")}
    assert "see pupil names" in can
    assert not can & cannot


def test_explain_of_a_day_ahead_shows_last_days(app: Flask, scene: Scene) -> None:
    scene.entering(until=end_of_day(date(2027, 7, 1)))
    said = explain(app, "--at", "2027-07-01")
    assert said[0] == "Ada Byron (ada.byron@example.org), School Performance, 1 July 2027"
    assert "  until 1 July 2027" in said
    assert "School Named at Elm School ended on 1 July 2027." in reasons(
        explain(app, "--at", "2027-07-02")
    )


def test_explain_says_since_when_a_closure_is_known(app: Flask, scene: Scene) -> None:
    diocese = world.organisation("New Diocese", "diocese", diocese_code="CE99")
    world.grant(world.member(scene.ada, diocese), "Diocese_Named")
    with time_machine.travel("2026-05-01T13:00:00Z", tick=False):
        close_organisation(diocese, actor=SYSTEM)
    closed = "  - New Diocese closed on 1 May 2026."
    known = "    (known since 1 May 2026 at 2:00pm: until then access was decided without this)"
    assert {closed, known} <= set(explain(app, "--at", "2026-05-01T09:00Z"))
    later = explain(app, "--at", "2026-05-02")
    assert closed in later
    assert known not in later
    assert "New Diocese: may enter" in explain(app, "--at", "2026-04-30")
