"""Changes that are confirmed on a check page: one effect, on the answers that it showed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.database import db
from app.refusal import RefusalError
from approvals.memberships import journeys
from approvals.memberships.actions import (
    SignInTooOld,
    confirm_addition,
    confirm_change,
)
from approvals.memberships.journeys import AdditionAnswers, ChangeAnswers
from approvals.memberships.models import Journey, Membership
from approvals.organisations.models import Organisation
from tests.approvals import world

pytestmark = pytest.mark.usefixtures("app")


ADDITION: AdditionAnswers = {
    "email": "bob@ashfield.example",
    "given_name": "Bob",
    "family_name": "Dean",
    "access": {world.SERVICE: ["School_Anon"]},
    "approver": False,
    "last_day": "",
}


def _addition(
    school: Organisation, approver: Membership, answers: AdditionAnswers = ADDITION
) -> Journey:
    return journeys.begin(journeys.ADD_USER, school, world.who(approver).id, answers=answers)


def _number_of_people(school: Organisation) -> int:
    statement = select(func.count()).where(Membership.organisation_id == school.id)
    return db.session.scalar(statement) or 0


def test_confirm_addition_adds_the_person_once() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    journey = _addition(school, ann)
    for _ in range(2):
        confirm_addition(journey, school, str(journey.version), world.acting(ann), fresh=False)
    assert _number_of_people(school) == 2
    added = db.session.get_one(Membership, journey.membership_id)
    assert (added.name, world.held(added)) == ("Bob Dean", ["School_Anon"])


def test_confirm_addition_needs_a_fresh_sign_in_for_an_approver() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    journey = _addition(school, ann, {**ADDITION, "approver": True})
    with pytest.raises(SignInTooOld):
        confirm_addition(journey, school, str(journey.version), world.acting(ann), fresh=False)
    assert journey.finished_at is None
    assert _number_of_people(school) == 1


def test_confirm_addition_refuses_answers_that_were_not_shown() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    journey = _addition(school, ann)
    shown = str(journey.version)
    journeys.answer(journey, AdditionAnswers(given_name="Robert"))
    with pytest.raises(RefusalError):
        confirm_addition(journey, school, shown, world.acting(ann), fresh=True)
    assert _number_of_people(school) == 1


def test_confirm_change_leaves_the_journey_open_where_the_change_is_refused() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    journey = journeys.begin(
        journeys.CHANGE_ACCESS,
        school,
        world.who(ann).id,
        membership=bob,
        answers=ChangeAnswers(service=world.SERVICE, groups=["School_Anon"], last_day=""),
    )
    with pytest.raises(RefusalError):
        confirm_change(journey, bob, str(journey.version), world.acting(ann))
    assert journey.finished_at is None
    journeys.answer(journey, ChangeAnswers(groups=["School_Named"]))
    assert confirm_change(journey, bob, str(journey.version), world.acting(ann))
    assert not confirm_change(journey, bob, str(journey.version), world.acting(ann))
    assert world.held(bob) == ["School_Named"]
