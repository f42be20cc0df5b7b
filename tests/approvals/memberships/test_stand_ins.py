"""Stand-ins: who names them, for how long, what they decide, and what they cannot do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import day_of, end_of_day, now
from app.database import db, writing
from app.refusal import Refusal, RefusalError
from approvals.access_model.loading import load_shipped
from approvals.memberships import facts, queries, rules, stand_in_rules, stand_ins
from approvals.memberships.actions import (
    add_member,
    begin_address_change,
    correct_invitation,
    end_stand_in,
    hand_over,
    leave,
    make_approver,
    name_stand_in,
    remove_member,
    restore_member,
    stop_approver,
    suspend_member,
    undo_removal,
    withdraw_invitation,
)
from approvals.memberships.actions.merge import merge_organisations
from approvals.memberships.models import Membership, StandIn
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.administration import suspension
from identity.email_address import EmailAddress
from identity.ports import approvals
from tests.approvals import world
from tests.races import race

TODAY = day_of(now())

pytestmark = pytest.mark.usefixtures("day_of_collection")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def sam(school: Organisation) -> Membership:
    return world.member(school, "sam@ashfield.example", given_name="Sam")


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def name(member: Membership, by: Membership, first: int = 0, last: int = 9) -> None:
    name_stand_in(member, first_day=days(first), last_day=days(last), actor=world.acting(by))


def let_pass(member: Membership) -> None:
    """The last day of the member's spell has passed."""
    with writing() as session:
        session.execute(
            update(StandIn)
            .where(StandIn.membership_id == member.id)
            .values(valid_from=now() - timedelta(days=2), valid_to=now() - timedelta(seconds=1))
        )


def refused(act: Callable[[], object]) -> Refusal:
    with pytest.raises(RefusalError) as error:
        act()
    return error.value.refusal


# ------------------------------------------------------------------------------- while it lasts


def test_stand_in_counts_as_an_approver_from_the_first_to_the_last_day(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    assert facts.active_approvers(school.id).accounts == {ann.account_id, sam.account_id}
    assert queries.approved_by(world.who(sam).id) == [school]
    assert [each.name for each in queries.approvers_of(school.id)] == ["Ann Byron", "Sam Byron"]
    assert not approvals().may_remember_device(world.who(sam).id)
    let_pass(sam)
    assert facts.active_approvers(school.id).accounts == {ann.account_id}
    assert queries.approved_by(world.who(sam).id) == []
    assert approvals().may_remember_device(world.who(sam).id)


def test_stand_in_of_a_later_day_is_no_approver_yet(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann, first=1)
    assert facts.active_approvers(school.id).accounts == {ann.account_id}


def test_stand_in_lasts_until_the_london_midnight_after_the_last_day(
    ann: Membership, sam: Membership
) -> None:
    name(sam, ann, last=0)
    spell = stand_ins.current_spell(sam, now())
    assert spell is not None
    assert spell.valid_to is not None
    assert day_of(spell.valid_to) == days(1)
    assert day_of(spell.valid_to - timedelta(seconds=1)) == TODAY


def test_naming_is_mailed_to_the_person_and_the_other_approvers_and_audited(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    world.member(school, "bob@ashfield.example", approver=True)
    name(sam, ann)
    ((to, text),) = world.mails("memberships/stand_in_named")
    assert to == sam.email
    assert "You cannot make, change or remove approvers" in text
    assert [to for to, _ in world.mails("memberships/new_stand_in")] == ["bob@ashfield.example"]
    (event,) = world.audited("approver.stand_in_named")
    assert event.subject == world.who(sam).subject
    end_stand_in(sam, actor=world.acting(ann))
    assert [to for to, _ in world.mails("memberships/stand_in_ended")] == [sam.email]
    assert [to for to, _ in world.mails("memberships/stand_in_stopped")] == ["bob@ashfield.example"]
    assert len(world.audited("approver.stand_in_ended")) == 1


def test_stand_in_adds_and_removes_ordinary_people(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    kim = world.member(school, "kim@ashfield.example")
    name(sam, ann)
    add_member(
        school,
        email=EmailAddress.parse("new@ashfield.example"),
        given_name="New",
        family_name="Person",
        access={world.SERVICE: ["School_Anon"]},
        actor=world.acting(sam),
    )
    suspend_member(kim, reason="Away", actor=world.acting(sam))
    restore_member(kim, actor=world.acting(sam))
    remove_member(kim, actor=world.acting(sam))
    undo_removal(kim, actor=world.acting(sam))
    let_pass(sam)
    kim = world.member(school, "kit@ashfield.example")
    assert refused(lambda: remove_member(kim, actor=world.acting(sam))) == rules.NO_AUTHORITY


# ------------------------------------------------------------------------------- who, how long


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (0, 90, stand_in_rules.TOO_LONG),
        (-1, 5, rules.START_IN_THE_PAST),
        (5, 4, rules.END_BEFORE_START),
        (367, 370, rules.START_TOO_FAR),
    ],
)
def test_days_of_a_stand_in_are_refused(
    ann: Membership, sam: Membership, first: int, last: int, refusal: Refusal
) -> None:
    assert refused(lambda: name(sam, ann, first, last)) == refusal


def test_stand_in_acts_for_ninety_days_at_most(ann: Membership, sam: Membership) -> None:
    name(sam, ann, 0, 89)
    assert refused(lambda: name(sam, ann, 90, 100)) == stand_in_rules.STANDS_IN_ALREADY


def test_only_members_who_can_act_are_named(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", approver=True)
    ina = world.invited(school, "ina@ashfield.example")
    assert refused(lambda: name(bob, ann)) == stand_in_rules.APPROVES_ALREADY
    assert refused(lambda: name(ina, ann)) == rules.NOT_JOINED
    assert refused(lambda: name(ann, ann)) == stand_in_rules.OWN_STAND_IN
    suspend_member(sam, reason="Away", actor=world.acting(ann))
    assert refused(lambda: name(sam, ann)) == rules.SUSPENDED
    remove_member(sam, actor=world.acting(ann))
    assert refused(lambda: name(sam, ann)) == rules.NOT_OPEN


def test_members_and_approvers_of_other_organisations_name_no_stand_in(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    other = world.organisation("Brook School", urn="100002")
    eve = world.member(other, "eve@brook.example", approver=True)
    kim = world.member(school, "kim@ashfield.example")
    for actor in (eve, kim, sam):
        assert refused(lambda who=actor: name(sam, who)) in {  # type: ignore[misc]
            rules.NO_AUTHORITY,
            stand_in_rules.OWN_STAND_IN,
        }


# ------------------------------------------------------------------------------- attacks


def test_PR_09_stand_in_changes_no_approver_and_no_stand_in(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    """Nothing that a stand-in does outlasts the spell, or takes the approvers' part away."""
    bob = world.member(school, "bob@ashfield.example", approver=True)
    cat = world.member(school, "cat@ashfield.example", approver=True)
    kim = world.member(school, "kim@ashfield.example")
    tom = world.member(school, "tom@ashfield.example")
    ina = world.invited(school, "ina@ashfield.example", approver=True)
    suspend_member(cat, reason="Away", actor=world.acting(ann))
    remove_member(bob, actor=world.acting(ann))
    name(sam, ann)
    name(tom, ann)
    me = world.acting(sam)
    elsewhere = EmailAddress.parse("mine@elsewhere.example")
    acts: list[Callable[[], object]] = [
        lambda: name(kim, sam),
        lambda: make_approver(kim, actor=me),
        lambda: make_approver(tom, actor=me),
        lambda: stop_approver(ann, actor=me),
        lambda: remove_member(ann, actor=me),
        lambda: suspend_member(ann, reason="Away", actor=me),
        lambda: restore_member(cat, actor=me),
        lambda: begin_address_change(ann, email=elsewhere, actor=me),
        lambda: correct_invitation(ina, email=elsewhere, actor=me),
        lambda: withdraw_invitation(ina, actor=me),
        lambda: remove_member(ina, actor=me),
        lambda: undo_removal(bob, actor=me),
        lambda: end_stand_in(tom, actor=me),
        lambda: remove_member(tom, actor=me),
        lambda: suspend_member(tom, reason="Away", actor=me),
        lambda: hand_over(sam, kim, actor=me),
        lambda: hand_over(sam, ann, actor=me),
        lambda: add_member(
            school,
            email=elsewhere,
            given_name="Mine",
            family_name="Own",
            approver=True,
            actor=me,
        ),
        lambda: add_member(
            school,
            email=elsewhere,
            given_name="Mine",
            family_name="Own",
            access={world.SERVICE: ["School_Anon"]},
            approver=True,
            actor=me,
        ),
    ]
    for number, act in enumerate(acts):
        assert refused(act) == rules.STAND_IN_ONLY, number
    # Of oneself the refusals of before come first.
    assert refused(lambda: make_approver(sam, actor=me)) == rules.STAND_IN_ONLY
    assert refused(lambda: name(sam, sam)) in {rules.STAND_IN_ONLY, stand_in_rules.OWN_STAND_IN}


def test_stand_in_of_a_parent_body_appoints_no_approver_of_a_school(app: Flask) -> None:
    trust = world.organisation("Oak Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="5001")
    school = world.school(type_code="34", trust=trust)
    head = world.member(trust, "hal@oak.example", approver=True)
    sam = world.member(trust, "sam@oak.example")
    kim = world.member(school, "kim@ashfield.example")
    make_approver(world.member(school, "lee@ashfield.example"), actor=world.acting(head))
    name(sam, head)
    assert refused(lambda: make_approver(kim, actor=world.acting(sam))) == rules.STAND_IN_ONLY


def test_undone_removal_does_not_return_the_time_as_a_stand_in(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    remove_member(sam, actor=world.acting(ann))
    again, left_out = undo_removal(sam, actor=world.acting(ann))
    assert any("standing in" in line for line in left_out)
    assert facts.active_approvers(school.id).accounts == {ann.account_id}
    assert stand_ins.current_spell(again, now()) is None


def test_stand_in_ends_with_the_membership_and_does_not_come_back_with_another(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    leave(sam, actor=world.acting(sam))
    assert facts.active_approvers(school.id).accounts == {ann.account_id}
    assert stand_ins.spells_of(school, now()) == []


def test_stand_in_who_is_made_an_approver_and_stopped_is_neither(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    make_approver(sam, actor=world.acting(ann))
    stop_approver(sam, actor=world.acting(ann))
    assert facts.active_approvers(school.id).accounts == {ann.account_id}


def test_suspended_stand_in_cannot_act(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    suspend_member(sam, reason="Away", actor=world.acting(ann))
    assert facts.active_approvers(school.id).accounts == {ann.account_id}


# ------------------------------------------------------------------------------- the last approver


def test_last_approver_beside_a_stand_in_stays(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    """The end of the stand-in would leave the organisation without an approver."""
    name(sam, ann)
    actor = world.acting(ann)
    for act in (
        lambda: leave(ann, actor=actor),
        lambda: stop_approver(ann, actor=actor),
        lambda: remove_member(ann, actor=world.COMMAND),
        lambda: suspend_member(ann, reason="Away", actor=world.COMMAND),
    ):
        assert refused(act) == rules.LAST_APPROVER
    hand_over(ann, sam, actor=actor)
    assert facts.active_approvers(school.id) == rules.Approvers(frozenset({world.who(sam).id}))


def test_stand_in_who_alone_can_act_stays(
    school: Organisation, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    suspension.suspend(world.who(ann), actor=world.COMMAND, accepted=[school.public_id])
    actor = world.acting(sam)
    assert facts.active_approvers(school.id).accounts == {sam.account_id}
    for act in (
        lambda: leave(sam, actor=actor),
        lambda: end_stand_in(sam, actor=actor),
        lambda: remove_member(sam, actor=world.COMMAND),
    ):
        assert refused(act) == rules.LAST_APPROVER


@pytest.mark.usefixtures("app")
def test_merge_continues_a_stand_in_until_the_same_day() -> None:
    load_shipped()
    source, target = (
        add_organisation(Kind.DIOCESE, f"Diocese of {name}", diocese_code=code)
        for name, code in (("Marl", "CE91"), ("Selwick", "CE92"))
    )
    ann = world.member(source, "ann@marl.example", approver=True)
    sam = world.member(source, "sam@marl.example")
    name(sam, ann)
    merge_organisations(source, target, actor=world.COMMAND)
    (row,) = stand_ins.spells_of(target, now())
    assert row.stand_in.valid_to == end_of_day(days(9))
    assert facts.active_approvers(target.id).stand_ins == {sam.account_id}


# ------------------------------------------------------------------------------- races


def test_forty_namings_at_once_make_one_stand_in(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    actor, key = world.acting(ann), sam.id

    def act(number: int) -> str:
        return _outcome(
            lambda: name_stand_in(
                db.session.get_one(Membership, key),
                first_day=TODAY,
                last_day=days(number % 5),
                actor=actor,
            )
        )

    outcomes = race(app, act)
    assert outcomes.count("done") == 1
    assert len(stand_ins.spells_of(school, now())) == 1


def test_forty_ends_at_once_end_a_stand_in_once(
    app: Flask, ann: Membership, sam: Membership
) -> None:
    name(sam, ann)
    actor, key = world.acting(ann), sam.id
    outcomes = race(
        app,
        lambda _number: _outcome(
            lambda: end_stand_in(db.session.get_one(Membership, key), actor=actor)
        ),
    )
    assert outcomes.count("done") == 1
    assert len(world.audited("approver.stand_in_ended")) == 1


def test_naming_and_leaving_at_once_keep_an_approver_without_an_end(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    """Two approvers: one names a stand-in while both leave."""
    bob = world.member(school, "bob@ashfield.example", approver=True)
    pair = [(each.id, world.acting(each)) for each in (ann, bob)]
    key = sam.id

    def act(number: int) -> str:
        member, actor = pair[number % 2]
        if number % 3 == 0:
            return _outcome(
                lambda: name_stand_in(
                    db.session.get_one(Membership, key),
                    first_day=TODAY,
                    last_day=days(3),
                    actor=actor,
                )
            )
        return _outcome(lambda: leave(db.session.get_one(Membership, member), actor=actor))

    race(app, act)
    approvers = facts.active_approvers(school.id)
    assert len(approvers.accounts - approvers.stand_ins) == 1


def _outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except RefusalError as error:
        return error.refusal.code
    return "done"
