"""Requests for access: filed, decided once, ended; what is stored is what is granted."""

from __future__ import annotations

import pytest
from flask import Flask

from app.database import db
from app.refusal import RefusalError
from approvals.access_requests import actions, rules
from approvals.access_requests.actions import RequestEnded
from approvals.memberships.actions import remove_member, stop_approver
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Ending
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.administration import suspension
from tests.approvals import world
from tests.approvals.access_requests.asking import (
    Asking,
    asking,
    current,
    file,
    groups_of,
    membership_of,
    requests_of,
)
from tests.races import race


@pytest.fixture
def scene(app: Flask) -> Asking:
    return asking()


def refusal_of(act: object, *arguments: object, **more: object) -> str:
    with pytest.raises(RefusalError) as raised:
        act(*arguments, **more)  # type: ignore[operator]  # an action
    return raised.value.refusal.code


def test_approval_adds_the_asker_with_the_group_that_was_stored(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    actions.approve(request, world.who(scene.ann))
    assert groups_of(scene.nina, scene.school) == ["School_Named"]
    found = current(request)
    assert (found.ending, found.ended_by) == (Ending.IN_EFFECT, world.who(scene.ann).subject)
    assert found.deciding_organisation_id == scene.school.id
    (row,) = world.audited("access_request.approved")
    assert row.detail["granted"] == "School Named"
    assert not row.detail["mutual"]
    assert len(world.audited("membership.admitted")) == 1
    ((to, text),) = world.mails("access_requests/approved")
    assert to == scene.nina.email
    assert "An approver of Ashfield School approved" in text
    assert "Ann" not in text
    assert world.mails("memberships/user_group_changed") == []


def test_approval_with_a_lesser_group_gives_that_one(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    actions.approve(request, world.who(scene.ann), user_group="School_Anon")
    assert groups_of(scene.nina, scene.school) == ["School_Anon"]
    assert (
        "You asked for School Named. You were given School Anon."
        in (world.mails("access_requests/approved")[0][1])
    )


@pytest.mark.parametrize("group", ["School_Named", "MAT_Named", "nonsense"])
def test_PR_01_07_approval_with_a_greater_or_foreign_group_is_refused(
    scene: Asking, group: str
) -> None:
    request = file(scene.nina, scene.school, "School_Anon")
    code = refusal_of(actions.approve, request, world.who(scene.ann), user_group=group)
    assert code == rules.NOT_A_LESSER_GROUP.code
    assert groups_of(scene.nina, scene.school) == []
    assert current(request).ended_at is None


def test_approval_replaces_the_group_of_a_member(scene: Asking) -> None:
    member = world.member(scene.school, "mia@ashfield.example", "School_Anon")
    actions.approve(file(world.who(member), scene.school), world.who(scene.ann))
    assert world.held(member) == ["School_Named"]


def test_approval_accepts_the_open_invitation_of_the_asker(scene: Asking) -> None:
    invited = world.invited(scene.school, scene.nina.email, "School_Anon")
    actions.approve(file(scene.nina, scene.school), world.who(scene.ann))
    found = membership_of(scene.nina, scene.school)
    assert found is not None
    assert found.id == invited.id
    assert world.held(found) == ["School_Named"]


def test_rejection_ends_the_request_and_mails_the_reason(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    actions.reject(request, world.who(scene.ann), reason="I do not know you")
    assert current(request).ending == Ending.REFUSED
    assert groups_of(scene.nina, scene.school) == []
    assert "I do not know you" in world.mails("access_requests/rejected")[0][1]


def test_second_decision_is_refused_and_changes_nothing(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    actions.reject(request, world.who(scene.ann), reason="No")
    with pytest.raises(RequestEnded):
        actions.approve(request, world.who(scene.abe))
    assert groups_of(scene.nina, scene.school) == []


def test_PR_08_forty_decisions_at_once_have_one_outcome(app: Flask, scene: Asking) -> None:
    request_id = file(scene.nina, scene.school).id
    deciders = [world.who(scene.ann).id, world.who(scene.abe).id]
    nina = scene.nina.id

    def act(number: int) -> str:
        request = db.session.get_one(PendingDecision, request_id)
        decider = db.session.get_one(Account, deciders[number % 2])
        try:
            if number % 3 == 2:
                actions.withdraw(request, db.session.get_one(Account, nina))
                return "withdrawn"
            if number % 3:
                actions.reject(request, decider, reason="No")
                return "rejected"
            actions.approve(request, decider)
        except RefusalError:
            return ""
        return "approved"

    outcomes = [outcome for outcome in race(app, act) if outcome]
    assert len(outcomes) == 1
    audited = [
        step
        for step in ("approved", "rejected", "withdrawn")
        for _ in world.audited(f"access_request.{step}")
    ]
    assert audited == outcomes
    assert bool(groups_of(scene.nina, scene.school)) == (outcomes == ["approved"])


def test_PR_08_approval_after_withdrawal_is_refused(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    actions.withdraw(request, scene.nina)
    with pytest.raises(RequestEnded):
        actions.approve(request, world.who(scene.ann))


def test_PR_03_own_request_cannot_be_decided(scene: Asking) -> None:
    ann = world.who(scene.ann)
    request = file(ann, scene.school)
    assert refusal_of(actions.approve, request, ann) == rules.OWN_REQUEST.code
    assert refusal_of(actions.reject, request, ann, reason="x") == rules.OWN_REQUEST.code


def test_PR_04_approval_by_somebody_whom_the_asker_approved_is_flagged(scene: Asking) -> None:
    ann, abe = world.who(scene.ann), world.who(scene.abe)
    actions.approve(file(ann, scene.school), abe)
    actions.approve(file(abe, scene.school), ann)
    assert [row.detail["mutual"] for row in world.audited("access_request.approved")] == [
        False,
        True,
    ]


def test_ID_10_former_approver_and_other_organisations_approver_cannot_decide(
    scene: Asking,
) -> None:
    other = world.organisation("Brook School", urn="100002")
    stranger = world.member(other, "bea@brook.example", approver=True)
    request = file(scene.nina, scene.school)
    stop_approver(scene.abe, actor=world.COMMAND)
    for person in (scene.abe, stranger, scene.tess):
        assert refusal_of(actions.approve, request, world.who(person)) == "no_authority"
    assert refusal_of(actions.approve, request, scene.olive) == "no_authority"


def test_PR_16_suspended_approver_cannot_decide_and_request_goes_up_at_once(
    scene: Asking,
) -> None:
    request = file(scene.nina, scene.school)
    for approver in (scene.ann, scene.abe):
        suspension.suspend(
            world.who(approver), actor=world.COMMAND, accepted=[scene.school.public_id]
        )
    assert refusal_of(actions.approve, request, world.who(scene.ann)) == "no_authority"
    actions.approve(request, world.who(scene.tess))
    assert current(request).deciding_organisation_id == scene.trust.id
    assert groups_of(scene.nina, scene.school) == ["School_Named"]


def test_request_of_a_suspended_person_can_only_be_rejected(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    suspension.suspend(scene.nina, actor=world.COMMAND)
    assert refusal_of(actions.approve, request, world.who(scene.ann)) == "asker_suspended"
    actions.reject(request, world.who(scene.ann), reason="Suspended")


def test_PR_03_removed_person_comes_back_only_by_a_decision(scene: Asking) -> None:
    member = world.member(scene.school, "rob@ashfield.example", "School_Named", approver=True)
    rob = world.who(member)
    remove_member(member, actor=world.COMMAND)
    request = file(rob, scene.school, "School_Anon")
    assert refusal_of(actions.approve, request, rob) == "own_request"
    actions.approve(request, world.who(scene.ann))
    assert groups_of(rob, scene.school) == ["School_Anon"]
    found = membership_of(rob, scene.school)
    assert found is not None
    assert not world.approves(found)


def test_newcomer_has_one_pending_request_in_all(scene: Asking) -> None:
    other = world.organisation("Brook School", urn="100002")
    file(scene.nina, scene.school)
    assert refusal_of(file, scene.nina, other) == "one_for_new_people"


def test_member_has_one_pending_request_for_each_organisation(scene: Asking) -> None:
    other = world.organisation("Brook School", urn="100002")
    member = world.who(world.member(scene.school, "mia@ashfield.example"))
    file(member, scene.school)
    file(member, other)
    assert refusal_of(file, member, other, "School_Anon") == "pending_already"


def test_forty_requests_at_once_file_one(app: Flask, scene: Asking) -> None:
    others = [world.organisation(f"School {n}", urn=str(200000 + n)).id for n in range(4)]
    nina = scene.nina.id

    def act(number: int) -> bool:
        person = db.session.get_one(Account, nina)
        try:
            file(person, db.session.get_one(Organisation, others[number % 4]))
        except RefusalError:
            return False
        return True

    assert sum(race(app, act)) == 1
    assert len(requests_of(scene.nina)) == 1


def test_organisation_has_ten_pending_requests_from_people_without_membership(
    app: Flask, scene: Asking
) -> None:
    people = [world.account(f"p{n}@home.example", "P", f"No{n}").id for n in range(20)]
    school = scene.school.id

    def act(number: int) -> bool:
        person = db.session.get_one(Account, people[number])
        try:
            file(person, db.session.get_one(Organisation, school))
        except RefusalError:
            return False
        return True

    assert sum(race(app, act, threads=20)) == rules.MOST_FROM_OUTSIDE
    member = world.who(world.member(scene.trust, "mia@elm.example"))
    assert file(member, scene.school) is not None


@pytest.mark.parametrize("group", ["MAT_Named", "Super_user", "nonsense"])
def test_PR_01_group_that_the_organisation_cannot_give_cannot_be_asked_for(
    scene: Asking, group: str
) -> None:
    assert refusal_of(file, scene.nina, scene.school, group) == "not_offered"


def test_request_for_a_group_that_is_held_is_refused(scene: Asking) -> None:
    member = world.who(world.member(scene.school, "mia@ashfield.example", "School_Anon"))
    assert refusal_of(file, member, scene.school, "School_Anon") == "held_already"


def test_request_through_a_closed_organisation_is_refused(scene: Asking) -> None:
    world.close(scene.school)
    assert refusal_of(file, scene.nina, scene.school) == "not_requestable"


def test_request_of_another_person_cannot_be_withdrawn(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    with pytest.raises(RequestEnded):
        actions.withdraw(request, world.who(scene.ann))
    assert current(request).ended_at is None
