"""The changes of an organisation's people, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.activity import queries as activity
from approvals.memberships import facts, rules
from approvals.memberships.actions import (
    add_member,
    appoint_approver,
    change_user_group,
    correct_invitation,
    leave,
    make_approver,
    remove_member,
    resend_invitation,
    stop_approver,
    withdraw_invitation,
)
from approvals.memberships.models import Grant, Membership
from identity.accounts.models import Account, Invitation
from identity.email_address import EmailAddress
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.world import SERVICE

pytestmark = pytest.mark.usefixtures("app")


def refused(error: pytest.ExceptionInfo[RefusalError]) -> str:
    return error.value.refusal.code


def alive(account: Account) -> int:
    statement = select(func.count(Session.id)).where(
        Session.account_id == account.id, Session.ended_at.is_(None)
    )
    return db.session.scalar(statement) or 0


def test_add_member_writes_membership_grant_invitation_audit_and_mail() -> None:
    school = world.school()
    approver = world.member(school, "ann@ashfield.example", approver=True)

    added = add_member(
        school,
        email=EmailAddress.parse("Bob@Ashfield.example"),
        given_name="Bob",
        family_name="Dean",
        access={SERVICE: ["School_Named"]},
        actor=world.acting(approver),
    )

    assert added.email == "Bob@Ashfield.example"
    assert added.joined_at is None
    assert world.held(added) == ["School_Named"]
    invitation = db.session.get_one(Invitation, added.invitation_id)
    assert invitation.state == "open"
    [row] = [row for row in world.audited("membership.added") if row.detail["person"] == "Bob Dean"]
    assert row.organisation == school.public_id
    assert row.after == {
        "email": "Bob@Ashfield.example",
        "access": {SERVICE: ["School_Named"]},
        "approver": False,
    }
    assert world.mails("accounts/invitation")[-1][0] == "Bob@Ashfield.example"


def test_add_member_grants_until_the_end_of_the_last_day() -> None:
    school = world.school()
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False):
        bob = world.member(school, "bob@ashfield.example", "School_Anon", last_day=now().date())
        assert world.held(bob) == ["School_Anon"]
        assert world.held(bob, now().replace(hour=23, minute=59)) == ["School_Anon"]
        assert world.held(bob, now() + timedelta(days=1)) == []


@pytest.mark.parametrize(
    "again", ["bob@ashfield.example", " BOB@ASHFIELD.EXAMPLE", "ｂｏｂ@ashfield.example"]
)
def test_add_member_refuses_another_spelling_of_an_address(again: str) -> None:
    school = world.school()
    world.member(school, "bob@ashfield.example")
    with pytest.raises(RefusalError) as error:
        world.invited(school, again)
    assert refused(error) == "already_member"


def test_add_member_refuses_an_invited_person() -> None:
    school = world.school()
    world.invited(school, "bob@ashfield.example")
    with pytest.raises(RefusalError) as error:
        world.invited(school, "bob@ashfield.example")
    assert refused(error) == "already_invited"


def test_add_member_refuses_a_closed_organisation() -> None:
    school = world.school(closed_on=now().date())
    with pytest.raises(RefusalError) as error:
        world.invited(school, "bob@ashfield.example")
    assert refused(error) == "organisation_ended"


def test_add_member_refused_changes_nothing() -> None:
    school = world.school()
    with pytest.raises(RefusalError):
        world.invited(school, "bob@ashfield.example", "LA_Named")
    assert db.session.scalar(select(func.count(Membership.id))) == 0
    assert db.session.scalar(select(func.count(Invitation.id))) == 0
    assert world.mails("accounts/invitation") == []


def test_change_user_group_closes_the_old_grant_and_opens_a_new_one() -> None:
    school = world.school()
    approver = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Anon", given_name="Bob")
    before = now()

    change_user_group(
        bob, service=SERVICE, user_groups=["School_Named"], actor=world.acting(approver)
    )

    assert world.held(bob) == ["School_Named"]
    assert world.held(bob, before) == ["School_Anon"]
    rows = db.session.scalars(select(Grant).order_by(Grant.id)).all()
    assert [(row.user_group, row.ended_cause) for row in rows] == [
        ("School_Anon", "changed"),
        ("School_Named", None),
    ]
    [row] = world.audited("access.changed")
    assert row.before == {"user_groups": ["School_Anon"]}
    assert row.after == {"user_groups": ["School_Named"]}
    [(to, text)] = world.mails("memberships/user_group_changed")
    assert to == "bob@ashfield.example"
    assert "Before: School Anon" in text
    assert "Now: School Named" in text
    assert "see pupil names" in text


def test_change_user_group_to_none_keeps_the_membership() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    change_user_group(bob, service=SERVICE, user_groups=[], actor=world.COMMAND)
    assert world.held(bob) == []
    assert bob.open


def test_change_user_group_to_the_same_changes_nothing() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    with pytest.raises(RefusalError) as error:
        change_user_group(bob, service=SERVICE, user_groups=["School_Anon"], actor=world.COMMAND)
    assert refused(error) == "same_as_now"
    assert world.mails("memberships/user_group_changed") == []


def test_change_user_group_is_limited_to_ten_a_day() -> None:
    """Each change is a mail to the person, and an approver could send any number of them."""
    school = world.school()
    bob = world.member(school, "bob@ashfield.example")

    def toggle() -> None:
        change_user_group(bob, service=SERVICE, user_groups=["School_Named"], actor=world.COMMAND)
        change_user_group(bob, service=SERVICE, user_groups=[], actor=world.COMMAND)

    for _ in range(10):
        toggle()
    with pytest.raises(RefusalError) as refusal:
        toggle()
    assert refusal.value.refusal == rules.TOO_MANY_CHANGES
    with pytest.raises(RefusalError):
        make_approver(bob, actor=world.COMMAND)
    remove_member(bob, actor=world.COMMAND)


def test_mails_and_activity_name_an_operator_for_a_command() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example")
    make_approver(bob, actor=world.COMMAND)
    [(_, mail)] = world.mails("memberships/made_approver")
    assert "An operator made you an approver" in mail
    happened = activity.activity_about_person(school, bob, None, now(), limit=1)
    assert happened[0].sentence == "An operator (command test) made Ada Byron an approver."


def test_change_user_group_of_the_sole_approver_is_mailed_to_operators() -> None:
    school = world.school()
    world.operator("olive@operators.example")
    ann = world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")

    change_user_group(ann, service=SERVICE, user_groups=["School_Named"], actor=world.acting(ann))

    assert world.held(ann) == ["School_Named"]
    assert len(world.audited("access.self_given")) == 1
    [(to, text)] = world.mails("memberships/self_given")
    assert to == "olive@operators.example"
    assert "School Named" in text
    assert world.mails("memberships/user_group_changed") == []


def test_sole_approver_is_one_beside_invited_and_suspended_approvers() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    world.invited(school, "cal@ashfield.example", approver=True)
    eve = world.member(school, "eve@ashfield.example", approver=True)
    with writing():
        world.who(eve).suspended_at = now()
    change_user_group(ann, service=SERVICE, user_groups=["School_Named"], actor=world.acting(ann))
    assert world.held(ann) == ["School_Named"]


def test_change_user_group_lets_approvers_give_up_their_own() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", "School_Named", approver=True)
    world.member(school, "cal@ashfield.example", approver=True)
    change_user_group(ann, service=SERVICE, user_groups=[], actor=world.acting(ann))
    assert world.held(ann) == []


def test_make_approver_and_stop_approver_are_mailed_and_recorded() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example")

    make_approver(bob, actor=world.acting(ann))
    assert world.who(bob).id in facts.active_approvers(school.id).accounts
    assert world.mails("memberships/made_approver")[0][0] == "bob@ashfield.example"

    stop_approver(bob, actor=world.acting(ann))
    assert world.who(bob).id not in facts.active_approvers(school.id).accounts
    assert world.mails("memberships/stopped_approver")[0][0] == "bob@ashfield.example"
    assert [len(world.audited(event)) for event in ("approver.made", "approver.stopped")] == [1, 1]


def test_new_approver_is_mailed_to_the_other_approvers_only() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    cal = world.member(school, "cal@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    before = len(world.mails("memberships/new_approver"))
    make_approver(bob, actor=world.acting(ann))
    ((to, text),) = world.mails("memberships/new_approver")[before:]
    assert to == cal.email
    assert "Ann Byron made Bob Byron an approver" in text


def test_invited_approver_is_mailed_and_recorded() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    world.invited(school, "cal@ashfield.example", approver=True, given_name="Cal")
    ((to, text),) = world.mails("memberships/new_approver")
    assert to == ann.email
    assert "invited Cal Byron to be an approver" in text
    assert [row.detail["person"] for row in world.audited("approver.invited")] == [
        "Ada Byron",
        "Cal Byron",
    ]


def test_former_approver_changes_nothing() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", approver=True)
    cal = world.member(school, "cal@ashfield.example")
    stop_approver(bob, actor=world.acting(ann))
    with pytest.raises(RefusalError) as error:
        remove_member(cal, actor=world.acting(bob))
    assert refused(error) == "no_authority"
    assert cal.open


def test_remove_member_closes_rows_and_keeps_the_account() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Named", approver=True)
    account = world.who(bob)
    before = now()

    remove_member(bob, actor=world.acting(ann))

    assert not bob.open
    assert bob.ended_cause == "removed"
    assert world.held(bob) == []
    assert world.held(bob, before) == ["School_Named"]
    assert db.session.get(Account, account.id) is not None
    [row] = world.audited("membership.removed")
    assert row.before == {"access": {SERVICE: ["School_Named"]}, "approver": True}
    assert world.mails("memberships/removed")[0][0] == "bob@ashfield.example"


def test_SE_08_remove_member_from_the_last_organisation_ends_all_sessions() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example")
    world.session_of(world.who(bob))
    remove_member(bob, actor=world.acting(ann))
    assert alive(world.who(bob)) == 0


def test_remove_member_from_one_of_several_keeps_sessions_and_the_other() -> None:
    here, there = world.school(), world.school("Brook School", "100002")
    bob = world.member(here, "bob@ashfield.example", "School_Named")
    elsewhere = world.member(there, "bob@ashfield.example", "School_Anon")
    world.session_of(world.who(bob))
    remove_member(bob, actor=world.COMMAND)
    assert alive(world.who(bob)) == 1
    assert elsewhere.open
    assert world.held(elsewhere) == ["School_Anon"]


def test_remove_member_refuses_a_second_removal_and_mails_once() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example")
    remove_member(bob, actor=world.COMMAND)
    with pytest.raises(RefusalError) as error:
        remove_member(bob, actor=world.COMMAND)
    assert refused(error) == "not_open"
    assert len(world.mails("memberships/removed")) == 1


def test_add_member_adds_a_removed_person_as_a_new_row() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    remove_member(bob, actor=world.COMMAND)
    again = world.member(school, "bob@ashfield.example")
    assert again.id != bob.id
    assert again.account_id == bob.account_id
    assert world.held(again) == []


def test_leave_is_allowed_for_every_member() -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example")
    leave(bob, actor=world.acting(bob))
    assert bob.ended_cause == "left"
    assert len(world.audited("membership.left")) == 1
    assert world.mails("memberships/left")[0][0] == "bob@ashfield.example"


def test_leave_refuses_the_membership_of_another() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example")
    cal = world.member(school, "cal@ashfield.example")
    with pytest.raises(RefusalError) as error:
        leave(cal, actor=world.acting(bob))
    assert refused(error) == "no_authority"


def test_remove_member_withdraws_the_invitation() -> None:
    school = world.school()
    bob = world.invited(school, "bob@ashfield.example", "School_Named")
    remove_member(bob, actor=world.COMMAND)
    assert db.session.get_one(Invitation, bob.invitation_id).state == "withdrawn"
    assert world.mails("memberships/removed") == []
    assert len(world.audited("membership.invitation_withdrawn")) == 1


def test_resend_invitation_makes_a_new_link() -> None:
    school = world.school()
    bob = world.invited(school, "bob@ashfield.example")
    old = db.session.get_one(Invitation, bob.invitation_id).token_hash
    resend_invitation(bob, actor=world.COMMAND)
    assert db.session.get_one(Invitation, bob.invitation_id).token_hash != old
    assert len(world.mails("accounts/invitation")) == 1, "the mail with the old link is withdrawn"
    assert len(world.audited("membership.invitation_resent")) == 1


def test_correct_invitation_mails_the_right_address() -> None:
    school = world.school()
    bob = world.invited(school, "bib@ashfield.example")
    correct_invitation(bob, email=EmailAddress.parse("bob@ashfield.example"), actor=world.COMMAND)
    assert bob.email_key == "bob@ashfield.example"
    assert world.mails("accounts/invitation")[-1][0] == "bob@ashfield.example"
    [row] = world.audited("membership.invitation_corrected")
    assert row.before == {"email": "bib@ashfield.example"}


def test_correct_invitation_refuses_the_address_of_a_colleague() -> None:
    school = world.school()
    world.member(school, "cal@ashfield.example")
    bob = world.invited(school, "bob@ashfield.example")
    with pytest.raises(RefusalError) as error:
        correct_invitation(
            bob, email=EmailAddress.parse("cal@ashfield.example"), actor=world.COMMAND
        )
    assert refused(error) == "already_member"


def test_withdraw_invitation_ends_the_link() -> None:
    school = world.school()
    bob = world.invited(school, "bob@ashfield.example", "School_Named")
    withdraw_invitation(bob, actor=world.COMMAND)
    assert not bob.open
    for action in (resend_invitation, withdraw_invitation):
        with pytest.raises(RefusalError) as error:
            action(bob, actor=world.COMMAND)
        assert refused(error) == "invitation_closed"


def test_resend_invitation_refuses_a_person_who_joined() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example")
    with pytest.raises(RefusalError) as error:
        resend_invitation(bob, actor=world.COMMAND)
    assert refused(error) == "invitation_closed"


def test_appoint_approver_promotes_a_member_and_invites_others() -> None:
    school = world.school()
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    promoted = appoint_approver(
        school, EmailAddress.parse("bob@ashfield.example"), "", "", world.COMMAND
    )
    assert promoted.id == bob.id
    invited = appoint_approver(
        school, EmailAddress.parse("eve@ashfield.example"), "", "", world.COMMAND
    )
    assert (invited.joined_at, world.approves(invited)) == (None, True)
    assert facts.active_approvers(school.id).accounts == {bob.account_id}
