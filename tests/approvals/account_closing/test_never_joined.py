"""People who were invited and never joined are erased a year later; the evidence stays."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.clock import now, today
from app.database import Base, db
from app.retention import purge_expired
from approvals.account_closing import actions as closing
from approvals.account_closing import never_joined
from approvals.approver_proposals.actions import agree_to_proposal, propose
from approvals.approver_proposals.decisions import ProposedApprover, open_proposal
from approvals.memberships import facts
from approvals.memberships.actions import refuse_access, withdraw_invitation
from approvals.memberships.actions.merge import merge_organisations
from approvals.memberships.models import Membership
from approvals.operators.actions import add_operator
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account, Invitation
from identity.accounts.person import actor_of
from identity.email_address import EmailAddress
from identity.joining import lapsing
from tests.approvals import world
from tests.races import race
from tests.sent import statements

DAY = timedelta(days=1)
EMAIL, GIVEN, FAMILY = "zebedee.quux@ashfield.example", "Zebedee", "Quuxworthy"
PERSONAL = re.compile("zebedee|quuxworthy", re.IGNORECASE)


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def department(school: Organisation) -> Organisation:
    return db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)


@pytest.fixture
def zeb(school: Organisation, ann: Membership) -> Membership:
    """Return a person whom Ann invited, who has no account."""
    return invite(school, ann)


def invite(school: Organisation, ann: Membership) -> Membership:
    return world.invited(
        school,
        EMAIL,
        "School_Named",
        given_name=GIVEN,
        family_name=FAMILY,
        actor=world.acting(ann),
    )


def look(days: float) -> None:
    """Do the worker's jobs on a later day."""
    with time_machine.travel(now() + days * DAY, tick=True):
        purge_expired()
        lapsing.end_lapsed()
        closing.act_on_due()
        never_joined.erase_invitations()
    db.session.expire_all()


def erase() -> None:
    for days in (105, 472):
        look(days)


def personal_texts() -> list[str]:
    """Return tables and columns that contain a text of the invited person.

    Mails are left out: no worker sends those of these tests, and the purge deletes sent ones.
    """
    return [
        f"{table.name}.{column}"
        for table in Base.metadata.sorted_tables
        if table.name != "outbox_mail"
        for row in db.session.execute(select(table)).mappings()
        for column, value in row.items()
        if PERSONAL.search(str(value))
    ]


def test_name_and_address_are_erased_everywhere_a_year_after_the_invitation_ended(
    zeb: Membership,
) -> None:
    assert {"invitation.email", "membership.search_text", "audit_event.detail"} <= {
        *personal_texts()
    }
    look(105)
    look(469)
    assert zeb.email == EMAIL
    look(472)
    assert personal_texts() == []
    assert len(world.audited("invitation.erased")) == 1


def test_evidence_of_an_erased_invitation_stays_under_one_pseudonym(
    ann: Membership, zeb: Membership
) -> None:
    erase()
    invitation = db.session.get_one(Invitation, zeb.invitation_id)
    name = f"Former user {invitation.public_id[-12:]}"
    (added,) = world.audited("membership.added")[1:]
    assert (added.actor, added.detail["person"]) == (world.who(ann).subject, name)
    assert (zeb.name, zeb.ended_cause) == (name, "invitation lapsed")
    assert zeb.email == invitation.email == f"{invitation.public_id[-12:]}@erased.invalid"


def test_withdrawn_invitation_is_erased_too(ann: Membership, zeb: Membership) -> None:
    withdraw_invitation(zeb, actor=world.acting(ann))
    look(364)
    assert zeb.email == EMAIL
    look(366)
    assert personal_texts() == []


def test_invitation_of_an_operator_is_erased_too(app: Flask) -> None:
    add_operator(
        EmailAddress.parse(EMAIL), given_name=GIVEN, family_name=FAMILY, actor=world.COMMAND
    )
    erase()
    assert personal_texts() == []


def test_former_membership_of_an_invited_person_whose_organisation_merged_is_erased(
    school: Organisation,
) -> None:
    marl, selwick = (
        add_organisation(Kind.DIOCESE, f"Diocese of {name}", diocese_code=code)
        for name, code in (("Marl", "CE91"), ("Selwick", "CE92"))
    )
    world.invited(marl, EMAIL, given_name=GIVEN, family_name=FAMILY)
    merge_organisations(marl, selwick, actor=world.COMMAND)
    erase()
    assert personal_texts() == []


def test_proposal_of_an_invited_approver_is_erased(app: Flask, school: Organisation) -> None:
    first, second = world.operator("oz@operators.example"), world.operator("pat@operators.example")
    propose(school, ProposedApprover(EMAIL, GIVEN, FAMILY), actor_of(first))
    proposal = open_proposal(school.id)
    assert proposal is not None
    agree_to_proposal(school, proposal.public_id, actor_of(second))
    erase()
    assert personal_texts() == []


def test_text_of_a_decision_about_access_of_an_invited_person_is_erased(
    department: Organisation,
) -> None:
    giver, other = (
        world.member(department, f"{name}@dfe.example", approver=True) for name in ("ann", "eve")
    )
    world.invited(
        department,
        EMAIL,
        "DfE_Named",
        given_name=GIVEN,
        family_name=FAMILY,
        last_day=today() + 300 * DAY,
        actor=world.acting(giver),
    )
    (waiting,) = db.session.scalars(select(PendingDecision)).all()
    refuse_access(waiting.public_id, world.who(other), "Zebedee sees enough")
    erase()
    assert personal_texts() == []


def test_person_who_is_invited_again_keeps_name_and_address(
    school: Organisation, ann: Membership, zeb: Membership
) -> None:
    look(105)
    with time_machine.travel(now() + 110 * DAY, tick=True):
        again = invite(school, ann)
        world.join(again)
    look(472)
    assert PERSONAL.search(zeb.name) is None
    assert (again.email, again.given_name) == (EMAIL, GIVEN)
    assert world.who(again).email == EMAIL
    assert facts.open_membership(school.id, EmailAddress.parse(EMAIL)) == again
    joined = world.audited("membership.joined")[-1]
    assert joined.detail["person"] == f"{GIVEN} {FAMILY}"


def test_invitation_of_another_organisation_that_a_person_with_an_account_ignored_is_erased(
    school: Organisation, ann: Membership
) -> None:
    here = invite(school, ann)
    account = world.join(here)
    elm = world.organisation("Elm School", urn="100002")
    there = world.invited(elm, EMAIL, given_name=GIVEN, family_name=FAMILY)
    erase()
    assert there.email != EMAIL
    assert here.email == db.session.get_one(Account, account.id).email == EMAIL


def test_forty_workers_erase_an_invitation_once(app: Flask, zeb: Membership) -> None:
    look(105)
    with time_machine.travel(now() + 472 * DAY, tick=True):
        race(app, lambda _number: never_joined.erase_invitations())
    assert len(world.audited("invitation.erased")) == 1
    assert personal_texts() == []


def test_audit_is_searched_once_for_any_number_of_invitations(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    for number in range(3):
        world.invited(school, f"bob{number}@ashfield.example", given_name="Bob")
    look(105)
    with statements() as sent:
        look(472)
    assert len(world.audited("invitation.erased")) == 3
    assert len([each for each in sent if "SELECT audit_event.id \n" in each]) == 1
