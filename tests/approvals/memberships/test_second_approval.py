"""Access that needs two people, on both databases: attacks on it, and what it lets through."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clock import now, today
from app.database import db, writing
from app.refusal import Refusal, RefusalError
from approvals.access_model.models import ServiceVersion
from approvals.access_requests.actions import approve
from approvals.memberships import rules, sensitive_rules
from approvals.memberships.actions import (
    add_member,
    agree_to_access,
    change_user_group,
    correct_invitation,
    make_approver,
    refuse_access,
    remove_member,
    stop_approver,
    undo_removal,
)
from approvals.memberships.models import Grant, Membership
from approvals.memberships.sensitive_rules import a_year_after
from approvals.memberships.waiting_access import WaitingAccess, waiting_access
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Ending
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.access_requests.asking import file
from tests.approvals.world import SERVICE
from tests.races import race
from wsgi import ROOT

pytestmark = pytest.mark.usefixtures("app")
NAMED = "DfE_Named"


@pytest.fixture
def department() -> Organisation:
    world.school()
    return db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()


@pytest.fixture
def ann(department: Organisation) -> Membership:
    return world.member(department, "ann@dfe.example", approver=True)


@pytest.fixture
def olive() -> Account:
    return world.operator()


def refused(call: Callable[..., object], *arguments: object, **more: object) -> object:
    with pytest.raises(RefusalError) as error:
        call(*arguments, **more)
    return error.value.refusal


def give_until(last_day: date | None, member: Membership, giver: Membership, *groups: str) -> None:
    change_user_group(
        member,
        service=SERVICE,
        user_groups=groups,
        last_day=last_day,
        actor=world.acting(giver),
    )


def give(member: Membership, giver: Membership, group: str = NAMED, days: int = 300) -> None:
    give_until(today() + timedelta(days=days), member, giver, group)


def waiting(member: Membership) -> WaitingAccess:
    [found] = waiting_access(db.session.get_one(Organisation, member.organisation_id), member)
    return found


def agree(member: Membership, who: Account) -> None:
    agree_to_access(waiting(member).decision.public_id, who)


def test_removal_ends_access_that_waits_and_its_undo_does_not_return_it(
    department: Organisation, ann: Membership
) -> None:
    world.member(department, "pat@dfe.example", approver=True)
    bob = world.member(department, "bob@dfe.example", "DfE_Anon")
    give(bob, ann)
    decision = waiting(bob).decision.public_id
    remove_member(bob, actor=world.acting(ann))
    row = db.session.scalars(
        select(PendingDecision).where(PendingDecision.public_id == decision)
    ).one()
    assert (row.ending, row.ended_by) == (Ending.STOPPED, world.who(ann).subject)
    assert len(world.audited("access.waiting_ended")) == 1
    again, _ = undo_removal(bob, actor=world.acting(ann))
    assert waiting_access(department, again) == []
    assert world.held(again) == ["DfE_Anon"]


def test_marked_group_waits_until_another_approver_agrees(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    pat = world.member(department, "pat@dfe.example", approver=True)
    bob = world.member(department, "bob@dfe.example", "DfE_Anon")
    give(bob, ann)
    assert world.held(bob) == ["DfE_Anon"]
    assert [to for to, _ in world.mails("memberships/access_waits")] == [pat.email]
    assert refused(agree, bob, world.who(ann)) == sensitive_rules.OWN_ACCESS
    assert refused(agree, bob, world.who(bob)) == sensitive_rules.OWN_ACCESS
    assert refused(agree, bob, olive) == sensitive_rules.NOT_A_DECIDER
    agree(bob, world.who(pat))
    assert world.held(bob) == [NAMED]
    [grant] = db.session.scalars(select(Grant).where(Grant.user_group == NAMED))
    assert grant.given_by == world.who(ann).subject
    assert [row.actor for row in world.audited("access.second_agreed")] == [world.who(pat).subject]


def test_marked_group_of_a_sole_approver_waits_for_an_operator(
    ann: Membership, olive: Account
) -> None:
    give(ann, ann)
    assert world.held(ann) == []
    assert refused(agree, ann, world.who(ann)) == sensitive_rules.OWN_ACCESS
    agree(ann, olive)
    assert world.held(ann) == [NAMED]


def test_marked_group_of_a_new_person_waits_and_the_invitation_goes(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = add_member(
        department,
        email=EmailAddress.parse("bob@dfe.example"),
        given_name="Bob",
        family_name="Dean",
        access={SERVICE: [NAMED]},
        last_day=today() + timedelta(days=300),
        actor=world.acting(ann),
    )
    assert len(world.mails("accounts/invitation")) == 2
    assert world.held(bob) == []
    world.join(bob)
    assert world.held(bob) == []
    agree(bob, olive)
    assert world.held(bob) == [NAMED]


def test_ID_corrected_invitation_takes_no_sensitive_access_to_another_address(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.invited(department, "bob@dfe.example")
    give(bob, ann)
    eve = EmailAddress.parse("eve@dfe.example")
    actor = world.acting(ann)
    assert (
        refused(correct_invitation, bob, email=eve, actor=actor)
        == sensitive_rules.SENSITIVE_INVITATION
    )
    agree(bob, olive)
    assert (
        refused(correct_invitation, bob, email=eve, actor=actor)
        == sensitive_rules.SENSITIVE_INVITATION
    )


def test_ID_second_approver_who_is_appointed_by_the_giver_still_is_another_person(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    make_approver(bob, actor=world.acting(ann))
    assert refused(agree, bob, world.who(bob)) == sensitive_rules.OWN_ACCESS


def test_agreement_is_refused_after_the_giver_stopped_being_an_approver(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    pat = world.member(department, "pat@dfe.example", approver=True)
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    stop_approver(ann, actor=world.acting(pat))
    assert refused(agree, bob, world.who(pat)) == rules.NO_AUTHORITY
    assert world.held(bob) == []


def test_agreement_is_refused_after_a_newer_change_or_a_removal(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    older = waiting(bob).decision.public_id
    give(bob, ann, "DfE_Anon")
    assert refused(agree_to_access, older, olive) == sensitive_rules.TOO_LATE
    give(bob, ann)
    newer = waiting(bob).decision.public_id
    remove_member(bob, actor=world.acting(ann))
    assert refused(agree_to_access, newer, olive) == sensitive_rules.TOO_LATE


def test_longer_access_waits_again_and_shorter_access_does_not(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann, days=200)
    agree(bob, olive)
    give(bob, ann, days=100)
    assert world.held(bob) == [NAMED]
    assert world.held(bob, now() + timedelta(days=150)) == []
    give(bob, ann, days=300)
    assert waiting(bob).user_groups == [NAMED]
    assert world.held(bob, now() + timedelta(days=150)) == []


def test_refusal_is_mailed_to_the_giver_with_the_reason(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    refuse_access(waiting(bob).decision.public_id, olive, "Not needed for the work.")
    [(to, text)] = world.mails("memberships/access_refused")
    assert to == ann.email
    assert "Not needed for the work." in text
    assert world.held(bob) == []


def test_names_of_all_schools_always_end_within_twelve_months(
    department: Organisation, ann: Membership
) -> None:
    bob = world.member(department, "bob@dfe.example")
    assert refused(give_until, None, bob, ann, NAMED) == sensitive_rules.NEEDS_END
    late = a_year_after(today()) + timedelta(days=1)
    assert refused(give_until, late, bob, ann, NAMED) == sensitive_rules.ENDS_TOO_LATE
    person = {"email": EmailAddress.parse("eve@dfe.example"), "given_name": "E", "family_name": ""}
    more = {"access": {SERVICE: [NAMED]}, "actor": world.acting(ann)}
    assert refused(add_member, department, **person, **more) == sensitive_rules.NEEDS_END
    give_until(a_year_after(today()), bob, ann, NAMED)
    assert waiting(bob).last_day == a_year_after(today())


def _change_service(**changes: object) -> None:
    with writing() as session:
        version = session.scalars(select(ServiceVersion)).one()
        version.definition = {**version.definition, **changes}
        version.sha256 = "0" * 64


def test_rule_of_two_people_records_until_its_day(
    department: Organisation, ann: Membership
) -> None:
    tomorrow = today() + timedelta(days=1)
    _change_service(second_approver_from=tomorrow.isoformat())
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    assert world.held(bob) == [NAMED]
    [row] = world.audited("access.rule_tried")
    assert row.detail["rule"] == "DFE Named needs a second approver."


@pytest.mark.parametrize("enforced", [True, False])
def test_separate_groups_are_refused_or_recorded(
    department: Organisation, ann: Membership, enforced: bool
) -> None:
    day = today() if enforced else today() + timedelta(days=1)
    reason = "One person does not check their own figures."
    groups = ["School_Anon", "School_Governor"]
    _change_service(
        one_user_group=False,
        separate_groups=[{"groups": groups, "reason": reason, "enforced_from": day.isoformat()}],
    )
    school = db.session.scalars(
        select(Organisation).where(Organisation.name == "Ashfield School")
    ).one()
    pat = world.member(school, "pat@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    if enforced:
        assert refused(give_until, None, bob, pat, *groups) == Refusal("separate_groups", reason)
        assert world.held(bob) == ["School_Anon"]
    else:
        give_until(None, bob, pat, *groups)
        assert world.held(bob) == sorted(groups)
        assert [row.detail["rule"] for row in world.audited("access.rule_tried")] == [reason]


def test_second_agreement_of_forty_at_once_opens_one_grant(
    app: Flask, department: Organisation, ann: Membership
) -> None:
    others = [
        world.who(world.member(department, f"p{number}@dfe.example", approver=True)).id
        for number in range(4)
    ]
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    public_id = waiting(bob).decision.public_id

    def act(number: int) -> str:
        try:
            agree_to_access(public_id, db.session.get_one(Account, others[number % 4]))
        except RefusalError as error:
            return error.refusal.code
        return "agreed"

    outcomes = race(app, act)
    assert outcomes.count("agreed") == 1
    assert set(outcomes) == {"agreed", "too_late"}
    grants = select(func.count(Grant.id)).where(Grant.membership_id == bob.id)
    assert db.session.scalar(grants) == 1


def test_grants_are_opened_in_one_place() -> None:
    """The synthetic population writes rows of people without credentials, for a report."""
    found = set()
    for path in (ROOT / "approvals").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            names = {each.id for each in node.args if isinstance(each, ast.Name)}
            if node.func.id == "Grant" or (node.func.id == "insert" and "Grant" in names):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == {"approvals/memberships/granting.py", "approvals/population/asp_2018.py"}


def test_ID_request_for_a_marked_group_waits_after_its_approval(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.member(department, "bob@dfe.example")
    request = file(world.who(bob), department, NAMED)
    approve(request, world.who(ann))
    assert world.held(bob) == []
    assert "needs two people" in world.mails("access_requests/approved")[-1][1]
    assert waiting(bob).last_day == a_year_after(today())
    for who in (ann, bob):
        assert refused(agree, bob, world.who(who)) == sensitive_rules.OWN_ACCESS
    agree(bob, olive)
    assert world.held(bob) == [NAMED]
    assert len(world.mails("memberships/user_group_changed")) == 1


def test_ID_undone_removal_leaves_out_a_marked_group(
    department: Organisation, ann: Membership, olive: Account
) -> None:
    bob = world.member(department, "bob@dfe.example")
    give(bob, ann)
    agree(bob, olive)
    removed = remove_member(bob, actor=world.acting(ann))
    again, left_out = undo_removal(removed, actor=world.acting(ann))
    assert world.held(again) == []
    assert left_out == [f"DFE Named: {sensitive_rules.NEEDS_SECOND.sentence}"]
