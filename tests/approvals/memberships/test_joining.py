"""Answers to the sign-in floor about invitations."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.database import db, writing
from app.refusal import RefusalError
from approvals.memberships import invitation_port
from approvals.memberships.models import Membership
from approvals.operators.actions import add_operator, is_operator
from approvals.operators.models import Operator
from identity.accounts import invitations
from identity.accounts.models import Invitation, InvitationState
from identity.accounts.sent_invitation import sent_invitation
from identity.email_address import EmailAddress
from tests.approvals import world

pytestmark = pytest.mark.usefixtures("app")


def invitation_of(membership: Membership) -> Invitation:
    return db.session.get_one(Invitation, membership.invitation_id)


def answer(invitation: Invitation, state: InvitationState) -> None:
    assert invitations.claim_answer(invitation, invitation.token_hash or "", state)


def test_invitation_page_names_inviter_service_and_access() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    bob = world.invited(
        school, "bob@ashfield.example", "School_Anon", approver=True, actor=world.acting(ann)
    )
    told = invitation_port.describe_invitation(sent_invitation(invitation_of(bob)))
    assert told.invited_by == "Ann Byron"
    assert told.organisation == "Ashfield School"
    lines = dict(told.lines)
    assert lines["School Performance"] == "School Anon"
    assert "see pupil names" in lines["This user group cannot"]
    assert "Approver" in lines
    assert list(told.services) == [world.SERVICE]


def test_accepted_invitation_makes_the_person_a_member() -> None:
    school = world.school()
    bob = world.invited(school, "bob@ashfield.example", given_name="Bib")
    account = world.account("bob@ashfield.example", "Robert", "Dean")
    with writing():
        answer(invitation_of(bob), InvitationState.ACCEPTED)
        invitation_port.record_acceptance(sent_invitation(invitation_of(bob)), account)
    assert bob.account_id == account.id
    assert bob.joined_at is not None
    assert bob.name == "Robert Dean"
    [row] = world.audited("membership.joined")
    assert (row.organisation, row.subject) == (school.public_id, account.subject)


def test_second_accepted_invitation_of_an_organisation_adds_nothing() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    second = world.invited(school, "robert@ashfield.example", "School_Named", approver=True)
    with writing():
        answer(invitation_of(second), InvitationState.ACCEPTED)
        invitation_port.record_acceptance(sent_invitation(invitation_of(second)), world.who(bob))
    assert not second.open
    assert world.held(second) == []
    assert bob.open
    assert world.held(bob) == ["School_Anon"]


def test_declined_invitation_is_closed_and_mailed_to_approvers() -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.invited(school, "bob@ashfield.example", "School_Named")
    with writing():
        answer(invitation_of(bob), InvitationState.DECLINED)
        invitation_port.record_decline(sent_invitation(invitation_of(bob)))
    assert not bob.open
    assert invitation_of(bob).state == "declined"
    assert world.mails("memberships/declined")[0][0] == "ann@ashfield.example"
    assert len(world.audited("membership.declined")) == 1


def test_request_for_a_new_link_is_mailed_to_approvers() -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.invited(school, "bob@ashfield.example")
    with writing():
        invitation_port.record_renewal_request(sent_invitation(invitation_of(bob)))
    [(to, text)] = world.mails("memberships/renewal_asked")
    assert to == "ann@ashfield.example"
    assert f"/o/{school.public_id}/invitations" in text
    assert bob.open


def test_password_with_the_name_of_organisation_or_service_is_refused() -> None:
    school = world.school("Ashfield School")
    bob = world.invited(school, "bob@ashfield.example")
    words = invitation_port.context_words(sent_invitation(invitation_of(bob)))
    assert "Ashfield School" in words
    assert "School Performance" in words
    account = world.join(bob)
    assert "Ashfield School" in invitation_port.context_words(account)


def test_accepted_invitation_of_an_operator_makes_them_one() -> None:
    add_operator(EmailAddress.parse("olive@operators.example"), actor=world.COMMAND)
    with pytest.raises(RefusalError) as refused:
        add_operator(EmailAddress.parse("OLIVE@operators.example"), actor=world.COMMAND)
    assert refused.value.refusal.code == "already_operator"
    operator = db.session.scalars(select(Operator)).one()
    invitation = db.session.get_one(Invitation, operator.invitation_id)
    assert (
        "Operator"
        in dict(invitation_port.describe_invitation(sent_invitation(invitation)).lines)["Your part"]
    )
    account = world.account("olive@operators.example")
    assert not is_operator(account.id)
    with writing():
        answer(invitation, InvitationState.ACCEPTED)
        invitation_port.record_acceptance(sent_invitation(invitation), account)
    assert is_operator(account.id)
    assert [len(world.audited(event)) for event in ("operator.added", "operator.joined")] == [1, 1]


def test_declined_invitation_of_an_operator_appoints_none() -> None:
    add_operator(EmailAddress.parse("olive@operators.example"), actor=world.COMMAND)
    operator = db.session.scalars(select(Operator)).one()
    with writing():
        invitation_port.record_decline(
            sent_invitation(db.session.get_one(Invitation, operator.invitation_id))
        )
    assert operator.valid_to is not None
