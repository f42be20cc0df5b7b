"""Approvers appointed from outside: by two operators, or by a parent body, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.actors import Actor
from app.clock import now, today
from app.database import db
from app.refusal import RefusalError
from approvals.approver_proposals import offers, rules
from approvals.approver_proposals.actions import (
    Outcome,
    agree_to_proposal,
    end_proposal,
    propose,
)
from approvals.approver_proposals.decisions import ProposedApprover, open_proposal
from approvals.approver_proposals.queries import offers_to
from approvals.memberships import facts
from approvals.memberships.actions import add_member, make_approver
from approvals.memberships.models import Appointment, Membership
from approvals.memberships.rules import (
    ALREADY_APPROVER,
    NEEDS_TWO_OPERATORS,
    NO_AUTHORITY,
    OWN_APPOINTMENT,
)
from approvals.operators.actions import remove_operator
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.administration import suspension
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.races import race

pytestmark = pytest.mark.usefixtures("app")
ANN = ProposedApprover("ann@elm.example", "Ann", "Dean")
COMMAND = Actor.command("approvers appoint")


@pytest.fixture
def trust() -> Organisation:
    return world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")


@pytest.fixture
def school(trust: Organisation) -> Organisation:
    return world.organisation("Elm School", urn="990001", type_code="34", trust=trust)


@pytest.fixture
def tess(trust: Organisation) -> Account:
    return world.who(world.member(trust, "tess@elm.example", approver=True))


@pytest.fixture
def olive() -> Account:
    return world.operator("olive@operators.example")


@pytest.fixture
def oscar() -> Account:
    return world.operator("oscar@operators.example")


def refused(call: Callable[..., object], *arguments: object, **more: object) -> object:
    with pytest.raises(RefusalError) as error:
        call(*arguments, **more)
    return error.value.refusal


def agree(school: Organisation, who: Account) -> Outcome:
    waiting = open_proposal(school.id)
    assert waiting is not None
    return agree_to_proposal(school, waiting.public_id, actor_of(who))


def member_called(school: Organisation, email: str) -> Membership | None:
    return facts.open_membership(school.id, EmailAddress.parse(email))


def test_ID_proposal_of_one_operator_appoints_no_one(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    assert propose(school, ANN, actor_of(olive)) is Outcome.WAITS
    assert member_called(school, ANN.email) is None
    assert refused(agree, school, olive) == rules.OWN_PROPOSAL
    assert [to for to, _ in world.mails("approver_proposals/proposed")] == [oscar.email]

    assert agree(school, oscar) is Outcome.INVITED

    ann = member_called(school, ANN.email)
    assert ann is not None
    assert world.approves(ann)
    [row] = world.audited("approver.proposal_agreed")
    assert (row.actor, row.detail["proposer"]) == (oscar.subject, olive.name)
    assert open_proposal(school.id) is None


def test_proposal_of_a_member_makes_the_member_an_approver(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    bob = world.member(school, "bob@elm.example")
    propose(school, ProposedApprover(bob.email, "", ""), actor_of(olive))
    assert not world.approves(bob)
    assert agree(school, oscar) is Outcome.APPOINTED
    assert world.approves(bob)


def test_proposal_refuses_a_second_one_and_a_present_approver(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    world.member(school, "bob@elm.example", approver=True)
    bob = ProposedApprover("BOB@elm.example", "", "")
    assert refused(propose, school, bob, actor_of(olive)) == ALREADY_APPROVER
    propose(school, ANN, actor_of(olive))
    assert refused(propose, school, ANN, actor_of(oscar)) == rules.WAITING


def test_proposal_of_oneself_is_refused_to_operators_and_parents(
    school: Organisation, trust: Organisation, olive: Account, oscar: Account, tess: Account
) -> None:
    for who, body in ((olive, None), (tess, trust)):
        oneself = ProposedApprover(who.email.upper(), "", "")
        assert refused(propose, school, oneself, actor_of(who), body=body) == OWN_APPOINTMENT
    propose(school, ProposedApprover(oscar.email, "", ""), actor_of(olive))
    assert refused(agree, school, oscar) == OWN_APPOINTMENT


def test_agreement_to_the_proposal_of_a_former_operator_is_refused(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    propose(school, ANN, actor_of(olive))
    remove_operator(olive.address, actor=world.COMMAND)
    assert refused(agree, school, oscar) == rules.PROPOSER_GONE
    waiting = open_proposal(school.id)
    assert waiting is not None
    end_proposal(school, waiting.public_id, actor_of(oscar), "The proposer left.")
    assert open_proposal(school.id) is None


def test_agreement_to_another_proposal_than_the_page_showed_is_refused(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    propose(school, ANN, actor_of(olive))
    first = open_proposal(school.id)
    assert first is not None
    end_proposal(school, first.public_id, actor_of(olive), "Another person.")
    propose(school, ProposedApprover("eve@elm.example", "Eve", "Dean"), actor_of(olive))
    shown = first.public_id
    assert refused(agree_to_proposal, school, shown, actor_of(oscar)) == rules.TOO_LATE


@pytest.mark.parametrize("who", ["approver", "stranger", "suspended"])
def test_agreement_of_others_than_operators_is_refused(
    school: Organisation, olive: Account, oscar: Account, who: str
) -> None:
    other = world.account("other@elm.example")
    if who == "approver":
        other = world.who(world.member(school, "pat@elm.example", approver=True))
    if who == "suspended":
        other = oscar
        suspension.suspend(oscar, actor=world.COMMAND)
    propose(school, ANN, actor_of(olive))
    assert refused(agree, school, other) == NO_AUTHORITY


def test_refusal_of_a_proposal_is_mailed_to_the_proposer(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    propose(school, ANN, actor_of(olive))
    waiting = open_proposal(school.id)
    assert waiting is not None
    end_proposal(school, waiting.public_id, actor_of(oscar), "Not known to the head.")
    [(to, text)] = world.mails("approver_proposals/ended")
    assert to == olive.email
    assert "Not known to the head." in text
    assert refused(agree_to_proposal, school, waiting.public_id, actor_of(oscar))


def test_command_acts_alone_without_operators_and_second_with_one(
    school: Organisation,
) -> None:
    assert propose(school, ANN, COMMAND) is Outcome.INVITED
    olive = world.operator("olive@operators.example")
    eve = ProposedApprover("eve@elm.example", "Eve", "Dean")
    assert refused(propose, school, eve, COMMAND) == rules.NO_REASON
    propose(school, eve, actor_of(olive))
    assert refused(propose, school, eve, COMMAND) == rules.NO_REASON
    assert propose(school, eve, COMMAND, reason="The head called.") is Outcome.INVITED
    pat = ProposedApprover("pat@elm.example", "Pat", "Dean")
    assert propose(school, pat, COMMAND, reason="The head called.") is Outcome.WAITS
    assert agree(school, olive) is Outcome.INVITED


def test_command_is_refused_where_two_operators_can_decide(
    school: Organisation, olive: Account, oscar: Account
) -> None:
    for _ in range(2):
        assert refused(propose, school, ANN, COMMAND, reason="Quick.") == rules.ENOUGH_OPERATORS
        if open_proposal(school.id) is None:
            propose(school, ANN, actor_of(olive))


def test_operator_appoints_alone_by_no_action(school: Organisation, olive: Account) -> None:
    bob = world.member(school, "bob@elm.example")
    actor = actor_of(olive)
    assert refused(make_approver, bob, actor=actor) == NEEDS_TWO_OPERATORS
    own = actor.identifier
    assert refused(make_approver, bob, actor=actor, second_decider=own) == NEEDS_TWO_OPERATORS
    person = {"email": ANN.address, "given_name": "Ann", "family_name": ""}
    assert refused(add_member, school, **person, approver=True, actor=actor) == NEEDS_TWO_OPERATORS


def test_parent_approver_invites_an_approver_who_accepts_by_joining(
    school: Organisation, trust: Organisation, tess: Account
) -> None:
    pat = world.member(school, "pat@elm.example", approver=True)
    assert propose(school, ANN, actor_of(tess), body=trust) is Outcome.INVITED
    ann = member_called(school, ANN.email)
    assert ann is not None
    assert facts.active_approvers(school.id).accounts == {pat.account_id}
    assert [to for to, _ in world.mails("memberships/new_approver")] == [pat.email]
    world.join(ann)
    assert facts.active_approvers(school.id).accounts == {pat.account_id, ann.account_id}


def accept(member: Membership, where: Organisation) -> None:
    person = world.who(member)
    offers.accept_offer(person, where, world.session_id_of(person))


def test_parent_approver_offers_to_a_member_who_accepts(
    school: Organisation, trust: Organisation, tess: Account
) -> None:
    bob = world.member(school, "bob@elm.example")
    person = ProposedApprover(bob.email, "", "")
    assert propose(school, person, actor_of(tess), body=trust) is Outcome.OFFERED
    assert not world.approves(bob)
    assert [to for to, _ in world.mails("approver_proposals/offered")] == [bob.email]
    again = refused(propose, school, person, actor_of(tess), body=trust)
    assert again == rules.OFFERED_ALREADY
    accept(bob, school)
    assert world.approves(bob)
    [row] = world.audited("approver.made")
    assert row.actor == tess.subject
    assert refused(accept, bob, school) == rules.TOO_LATE


def test_offer_that_is_declined_is_mailed_to_the_proposer(
    school: Organisation, trust: Organisation, tess: Account
) -> None:
    bob = world.member(school, "bob@elm.example")
    propose(school, ProposedApprover(bob.email, "", ""), actor_of(tess), body=trust)
    offers.decline_offer(world.who(bob), school)
    assert not world.approves(bob)
    assert [to for to, _ in world.mails("approver_proposals/ended")] == [tess.email]
    assert offers_to(world.who(bob).id) == []


def test_offer_ends_after_14_days(school: Organisation, trust: Organisation, tess: Account) -> None:
    bob = world.member(school, "bob@elm.example")
    propose(school, ProposedApprover(bob.email, "", ""), actor_of(tess), body=trust)
    with time_machine.travel(now() + timedelta(days=14), tick=False):
        assert offers_to(world.who(bob).id) == []
        assert refused(accept, bob, school) == rules.TOO_LATE
        again = propose(school, ProposedApprover(bob.email, "", ""), actor_of(tess), body=trust)
        assert again is Outcome.OFFERED


def test_ID_offer_of_a_former_parent_is_void(
    school: Organisation, trust: Organisation, tess: Account
) -> None:
    bob = world.member(school, "bob@elm.example")
    propose(school, ProposedApprover(bob.email, "", ""), actor_of(tess), body=trust)
    world.leave_trust(school, today())
    assert refused(accept, bob, school) == rules.OFFER_VOID
    assert not world.approves(bob)


def test_ID_parent_power_follows_the_link_and_the_appointment(
    school: Organisation, trust: Organisation, tess: Account
) -> None:
    other = world.organisation("Oak Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9002")
    oak = world.who(world.member(other, "oak@oak.example", approver=True))
    plain = world.who(world.member(trust, "ted@elm.example"))
    for who, body in ((oak, other), (oak, trust), (plain, trust), (tess, other)):
        assert refused(propose, school, ANN, actor_of(who), body=body) == NO_AUTHORITY
    world.leave_trust(school, today())
    assert refused(propose, school, ANN, actor_of(tess), body=trust) == NO_AUTHORITY


def test_second_agreement_of_forty_at_once_appoints_once(app: Flask, school: Organisation) -> None:
    olive = world.operator("olive@operators.example")
    others = [actor_of(world.operator(f"o{number}@operators.example")) for number in range(4)]
    bob = world.member(school, "bob@elm.example")
    propose(school, ProposedApprover(bob.email, "", ""), actor_of(olive))
    waiting = open_proposal(school.id)
    assert waiting is not None
    public_id, school_id = waiting.public_id, school.id

    def act(number: int) -> str:
        place = db.session.get_one(Organisation, school_id)
        try:
            return agree_to_proposal(place, public_id, others[number % 4]).name
        except RefusalError as error:
            return error.refusal.code

    outcomes = race(app, act)
    assert outcomes.count("APPOINTED") == 1
    assert set(outcomes) == {"APPOINTED", "too_late"}
    made = db.session.scalar(
        select(func.count(Appointment.id)).where(Appointment.membership_id == bob.id)
    )
    assert made == 1


def test_forty_proposals_at_once_leave_one(app: Flask, school: Organisation) -> None:
    operators = [actor_of(world.operator(f"o{number}@operators.example")) for number in range(4)]
    school_id = school.id

    def act(number: int) -> str:
        place = db.session.get_one(Organisation, school_id)
        person = ProposedApprover(f"p{number}@elm.example", "Pat", "Dean")
        try:
            return propose(place, person, operators[number % 4]).name
        except RefusalError as error:
            return error.refusal.code

    outcomes = race(app, act)
    assert outcomes.count("WAITS") == 1
    assert set(outcomes) == {"WAITS", "proposal_waiting"}
