"""The reasons for an answer about access: the same for pages and the command, with the evidence."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.clock import now, today
from app.database import db, writing
from app.days import last_moment_of
from approvals.decision import decision, evaluation, sign_in_checks
from approvals.decision.access_question import (
    AccessAnswer,
    AccessQuestion,
    answer_for,
    answer_for_approver,
)
from approvals.decision.explanation import explanation_of, sign_in_of
from approvals.decision.remedies import REMEDIES
from approvals.memberships.actions import (
    agree_to_access,
    change_user_group,
    remove_member,
    suspend_member,
)
from approvals.memberships.models import Grant, Membership
from approvals.memberships.waiting_access import waiting_access
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from tests.approvals import world
from tests.approvals.decision.test_rules import TABLES
from tests.approvals.memberships.test_second_approval import department as the_department
from tests.approvals.world import SERVICE, browser, path

pytestmark = pytest.mark.usefixtures("app")
department = the_department
GROUPS = ["School_Named", "School_Anon", "MAT_Named", "School_Old"]


def ask(person: Membership, where: Organisation, at: datetime | None = None) -> AccessAnswer:
    found = answer_for(world.who(person), where, AccessQuestion(SERVICE, at or now()))
    assert found is not None
    return found


def sentences(person: Membership, where: Organisation, topic: str) -> list[str]:
    return [
        each.sentence for each in ask(person, where).explanation.evidence if each.topic == topic
    ]


def rename(account: Account, given_name: str) -> None:
    with writing():
        account.given_name = given_name


def test_each_rule_names_the_change_that_would_make_it_agree() -> None:
    rules = [rule for table in TABLES for rule in getattr(evaluation, table)]
    codes = {type(rule).__name__ for rule in [*rules, *sign_in_checks.SIGN_IN]}
    assert set(REMEDIES) == codes | {"OrganisationIsKnown"}


def test_evidence_names_givers_as_they_were() -> None:
    school = world.school()
    ann = world.member(school, "ann@ash.example", approver=True, given_name="Ann")
    bob = world.member(school, "bob@ash.example", "School_Named", actor=world.acting(ann))
    rename(world.who(ann), "Renamed")
    [membership] = sentences(bob, school, "Membership")
    [group] = sentences(bob, school, "User group")
    assert ", added by Ann Byron, accepted on " in membership
    assert group.startswith("School Named from ")
    assert group.endswith(", given by Ann Byron.")


def test_evidence_names_the_second_approver_until_a_gap(department: Organisation) -> None:
    ann = world.member(department, "ann@dfe.example", approver=True, given_name="Ann")
    tom = world.member(department, "tom@dfe.example", approver=True, given_name="Tom")
    bob = world.member(department, "bob@dfe.example")
    last_day = today() + timedelta(days=300)

    def give(*groups: str, days: int = 0) -> None:
        change_user_group(
            bob,
            service=SERVICE,
            user_groups=groups,
            last_day=last_day - timedelta(days=days),
            actor=world.acting(ann),
        )

    give("DfE_Named")
    [waiting] = waiting_access(department, bob)
    assert sentences(bob, department, "User group") == []
    [waits] = sentences(bob, department, "Second approver")
    assert waits.startswith("DFE Named, given by Ann Byron on ")
    assert waits.endswith(", waits for a second approver.")
    agree_to_access(waiting.decision.public_id, world.who(tom))
    assert sentences(bob, department, "Second approver") == []
    [group] = sentences(bob, department, "User group")
    assert group.endswith(", given by Ann Byron, agreed to by Tom Byron.")
    give("DfE_Named", days=10)
    shortened = sentences(bob, department, "User group")
    assert [each.endswith("agreed to by Tom Byron.") for each in shortened] == [True, True]
    give()
    with writing():
        db.session.add(
            Grant(
                membership_id=bob.id,
                service=SERVICE,
                user_group="DfE_Named",
                valid_from=now(),
                given_by="test",
            )
        )
    later, *_ = sentences(bob, department, "User group")
    assert later.endswith(", given by an operator (command test).")


def test_evidence_names_the_suspender_and_the_remover() -> None:
    school = world.school()
    ann = world.member(school, "ann@ash.example", approver=True, given_name="Ann")
    bob = world.member(school, "bob@ash.example", "School_Named")
    suspend_member(bob, reason="On leave", actor=world.acting(ann))
    [suspension] = sentences(bob, school, "Suspension")
    assert suspension.endswith(" by Ann Byron: On leave.")
    [rule] = ask(bob, school).explanation.refusals
    assert (rule.code, rule.remedy) == (
        "MembershipIsNotSuspended",
        "An approver of the organisation restores the access, on the page of the person.",
    )
    remove_member(bob, actor=world.acting(ann))
    [membership] = sentences(bob, school, "Membership")
    assert membership.endswith(": removed from the organisation by Ann Byron.")


def test_evidence_leaves_out_other_organisations() -> None:
    here, there = world.school(), world.school("Brook School", "100002")
    bob = world.member(here, "bob@ash.example", "School_Named")
    world.member(there, "bob@ash.example", "School_Anon")
    page = ask(bob, here)
    assert "Brook" not in repr(page.explanation.evidence)
    assert len(page.explanation.evidence) == 2


# ------------------------------------------------------------------------- pages and decide


def random_rows(dice: random.Random, person: Membership) -> None:
    """Give the person a random history, half of the time one that is steered towards access."""
    steered = dice.random() < 0.5

    def moment() -> datetime:
        return now() + timedelta(hours=dice.randint(-90, 60))

    with writing() as session:
        person.valid_from = moment() if not steered else now() - timedelta(hours=100)
        person.joined_at = person.valid_from if steered else moment()
        account = world.who(person)
        account.joined_at = world.LONG_AGO if steered else moment()
        session.execute(delete(Grant).where(Grant.membership_id == person.id))
        groups = dice.sample(GROUPS[:2], 1) if steered else dice.sample(GROUPS, dice.randint(0, 2))
        for group in groups:
            session.add(
                Grant(
                    membership_id=person.id,
                    service=SERVICE,
                    user_group=group,
                    valid_from=moment(),
                    valid_to=dice.choice([None, None, moment()]),
                    given_by="test",
                )
            )


@pytest.mark.parametrize("seed", range(3))
def test_pages_and_command_agree_with_decide_for_random_facts(app: Flask, seed: int) -> None:
    dice = random.Random(seed)
    school = world.school()
    ann = world.member(school, "ann@ash.example", approver=True, given_name="Ann")
    bob = world.member(school, "bob@ash.example", given_name="Bob")
    approver, operator = browser(app, ann), browser(app, world.operator())
    own = browser(app, bob)
    seen = set()
    for _ in range(12):
        random_rows(dice, bob)
        day = today() - timedelta(days=dice.randint(0, 3))
        query = f"?as_of={day.isoformat()}"
        moment = operator.get(
            f"/ops/people/{world.who(bob).subject}/why{query}&organisation={school.public_id}"
        )
        pages = {"operator": moment.text}
        pages["own"] = own.get(f"/services/{SERVICE}/why/{school.public_id}{query}").text
        page = approver.get(path(school, "users", bob.public_id, "why", SERVICE) + query)
        if "Enter that day or a later one" not in page.text:
            pages["approver"] = page.text
        command = app.test_cli_runner().invoke(
            args=["access", "explain", "bob@ash.example", "--service", SERVICE, "--at", str(day)]
        )
        at = now() if day == today() else last_moment_of(day)
        found = decision.decide(world.who(bob), SERVICE, school, at)
        seen.add(found.allowed)
        assert f"Ashfield School: {'may enter' if found.allowed else 'may not enter'}" in (
            command.output
        )
        for reader, text in pages.items():
            assert ("Yes." in text, "No." in text) == (found.allowed, not found.allowed), reader
            for group in found.user_groups:
                assert f"User group {group.name}" in text, reader
            hidden = reader == "approver" and "The invitation to" in text
            for reason in found.reasons:
                left_out = hidden and reason.code == "PersonHasJoined"
                assert (reason.sentence in text) != left_out, reader
                assert reason.sentence in command.output
    assert seen == {True, False}


def test_approver_reads_nothing_of_the_account_before_it_joined_here() -> None:
    school = world.school()
    bob = world.member(school, "bob@ash.example", "School_Named")
    with writing():
        bob.joined_at = now() + timedelta(days=1)
        world.who(bob).joined_at = now() + timedelta(hours=1)
        world.who(bob).suspended_at = now() - timedelta(days=9)
    question = AccessQuestion(SERVICE, now())
    found = answer_for_approver(bob, world.who(bob), school, question)
    whole = answer_for(world.who(bob), school, question)
    assert found is not None
    assert whole is not None
    assert {rule.code for rule in whole.explanation.refusals} == {
        "PersonHasJoined",
        "MembershipWasAccepted",
    }
    assert [rule.code for rule in found.explanation.refusals] == ["MembershipWasAccepted"]
    assert (len(whole.explanation.sign_in), len(found.explanation.sign_in)) == (1, 0)


# -------------------------------------------------------------------------------- one school


@pytest.fixture
def trust() -> Organisation:
    return world.organisation("Ash Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="1700")


def about_school(person: Membership, where: Organisation, text: str) -> str:
    page = answer_for(world.who(person), where, AccessQuestion(SERVICE, now(), text))
    assert page is not None
    assert page.school is not None
    return " ".join([*page.school.sentences, *(each.name for each in page.school.choices)])


def test_school_answer_names_the_basis_and_pupil_names(trust: Organisation) -> None:
    world.school("Elm School", "100001", trust=trust)
    named = world.member(trust, "nia@ash.example", "MAT_Named")
    anonymous = world.member(trust, "amy@ash.example", "MAT_Anon")
    assert about_school(named, trust, "100001") == (
        "Yes. Elm School (URN 100001) is among the schools of MAT Named: in the trust, since the "
        "first file of the register. MAT Named can see pupil names there."
    )
    assert "MAT Anon cannot see pupil names" in about_school(anonymous, trust, "elm")


def test_school_answer_refuses_a_school_outside_the_remit(trust: Organisation) -> None:
    world.school("Elm School", "100001", trust=trust)
    world.school("Oak School", "100002")
    person = world.member(trust, "nia@ash.example", "MAT_Named")
    outside = about_school(person, trust, "100002")
    assert outside.startswith("No. Oak School (URN 100002) is not among the schools of MAT Named")
    world.leave_trust(
        db.session.scalars(select(Organisation).where(Organisation.urn == "100001")).one(), today()
    )
    assert about_school(person, trust, "100001").startswith("No. Elm School")
    remove_member(person, actor=world.COMMAND)
    assert "the access itself is refused" in about_school(person, trust, "100001")


def test_school_answer_lists_schools_that_a_name_may_mean(trust: Organisation) -> None:
    world.school("Elm School", "100001", trust=trust)
    world.school("Elm Infant School", "100002")
    person = world.member(trust, "nia@ash.example", "MAT_Named")
    assert about_school(person, trust, "infant").startswith("No. Elm Infant School")
    assert about_school(person, trust, "elm school").startswith("Yes. Elm School")
    assert about_school(person, trust, "elm") == (
        "2 schools match. Choose one of these. Elm Infant School Elm School"
    )
    assert "has no school with the name or URN “ash trust”" in about_school(
        person, trust, "ash trust"
    )


def test_explanation_rests_on_the_decision_alone() -> None:
    school = world.school()
    bob = world.member(school, "bob@ash.example", "School_Named")
    found = decision.decide_by_id(world.who(bob).id, SERVICE, school.public_id, now())
    stopped = sign_in_of(world.who(bob), SERVICE, now())
    explanation = explanation_of(found, stopped, now())
    assert explanation.answer is found
    assert explanation.verdict == "may enter"
