"""Acts of approvers and operators that meet others at the same moment: PR-08, PR-09, SE-08, SE-09.

The audit is a chain: its order is the order of the commits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import now
from app.database import db, writing
from app.identifiers import secret_hash
from app.refusal import RefusalError
from approvals.memberships import facts
from approvals.memberships.actions import (
    agree_to_access,
    hand_over,
    remove_member,
    suspend_member,
)
from approvals.memberships.models import Membership
from approvals.memberships.waiting_access import file_access, waiting_access
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.administration import suspension
from identity.sessions.models import RememberedDevice, Session
from tests.approvals import world
from tests.approvals.world import SERVICE
from tests.identity.conftest import Post
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Walker
from tests.races import THREADS, copied, race

COOKIE = "secure_access_remembered"
GROUP = "School_Named"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True)


@pytest.fixture
def cal(school: Organisation, ann: Membership) -> Membership:
    return world.member(school, "cal@ashfield.example", approver=True)


def events_about(subject: str) -> list[str]:
    """The events of the person, in the order of their commits."""
    rows = select(AuditEvent.event).where(AuditEvent.subject == subject).order_by(AuditEvent.id)
    return list(db.session.scalars(rows))


def outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except RefusalError as error:
        return error.refusal.code
    return "done"


def fresh(identifier: int) -> Membership:
    return db.session.get_one(Membership, identifier)


def live_sessions(person: Account) -> int:
    rows = select(Session.id).where(Session.account_id == person.id, Session.ended_at.is_(None))
    return len(db.session.scalars(rows).all())


def on_remembered_device(app: Flask, person: Person, number: int) -> Walker:
    """A browser in which the password is enough to sign in, before its first page."""
    at = now()
    with writing() as session:
        session.add(
            RememberedDevice(
                account_id=person.account_id,
                token_hash=secret_hash(f"device {number}"),
                network="192.0.2.0/24",
                user_agent="test",
                created_at=at,
                last_used_at=at,
                expires_at=at + timedelta(days=30),
            )
        )
    client = app.test_client()
    client.set_cookie(COOKIE, f"device {number}")
    return Walker(client)


def test_SE_09_sign_in_in_a_race_with_a_suspension_leaves_no_session(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    person = make_person("bob@ashfield.example", "Bob", "Dean")
    world.member(school, person.email)
    pages = [
        on_remembered_device(app, person, number).get("/sign-in?next=/account")
        for number in range(THREADS)
    ]
    forms = [
        {**page.form().values, "email": person.email, "password": person.password} for page in pages
    ]

    def act(number: int) -> None:
        if number == THREADS // 2:
            account = db.session.get_one(Account, person.account_id)
            suspension.suspend(account, actor=world.COMMAND)
        else:
            pages[number].walker.client.post(pages[number].address, data=forms[number])

    race(app, act)
    events = events_about(person.subject)
    assert "sign_in.succeeded" not in events[events.index("account.suspended") :]
    assert live_sessions(person.account) == 0


def test_PR_08_invitation_accepted_in_a_race_with_a_suspension_gives_nothing_after_it(
    app: Flask, school: Organisation, ann: Membership, post: Post
) -> None:
    person = make_person("bob@home.example", "Bob", "Dean")
    elsewhere = world.school("Brook School", "100002")
    world.member(elsewhere, person.email, approver=True)
    world.member(elsewhere, "second@brook.example", approver=True)
    client = app.test_client()
    sign_in(client, person)
    invited = world.invited(school, person.email, GROUP)
    link = next(word for word in post.to(person.email)[-1].split() if "/invitation/" in word)
    page = Walker(client).get(link.partition("localhost:8000")[2])
    form = page.form("/join")
    tabs = [copied(client) for _ in range(THREADS)]
    accepted = [elsewhere.public_id]

    def act(number: int) -> None:
        if number % 8 == 0:
            account = db.session.get_one(Account, person.account_id)
            suspension.suspend(account, actor=world.COMMAND, accepted=accepted)
        else:
            tabs[number].post(form.action, data=form.values)

    race(app, act)
    events = events_about(person.subject)
    assert events.count("account.suspended") == 1
    assert events.count("invitation.accepted") <= 1
    assert "invitation.accepted" not in events[events.index("account.suspended") :]
    assert (fresh(invited.id).joined_at is not None) == ("invitation.accepted" in events)
    assert live_sessions(person.account) == 0


def test_PR_08_second_approval_in_a_race_with_the_removal_gives_nothing_after_it(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    with writing():
        file_access(school, bob, SERVICE, [GROUP], (None, None), world.acting(ann))
    [waiting] = waiting_access(school, bob)
    decision, removed, anns, cals = (
        waiting.decision.public_id,
        bob.id,
        world.acting(ann),
        world.who(cal).id,
    )

    def act(number: int) -> str:
        if number % 8 == 0:
            return outcome(lambda: remove_member(fresh(removed), actor=anns))
        decider = db.session.get_one(Account, cals)
        return outcome(lambda: agree_to_access(decision, decider))

    outcomes = race(app, act)
    events = events_about(world.who(fresh(removed)).subject)
    agreed = events.count("access.second_agreed")
    assert outcomes.count("done") == 1 + agreed
    assert events[-1] == "membership.removed"
    assert set(outcomes) <= {"done", "too_late", "not_open"}
    assert world.held(fresh(removed)) == []


@pytest.mark.parametrize("ended", ["the approver", "the successor"])
def test_PR_09_hand_over_in_a_race_with_a_removal_leaves_an_approver(
    app: Flask, school: Organisation, ann: Membership, ended: str
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    cal = world.member(school, "cal@ashfield.example", approver=True)
    own, successor, anns, cals = ann.id, bob.id, world.acting(ann), world.acting(cal)
    target = own if ended == "the approver" else successor

    def act(number: int) -> str:
        if number % 2:
            return outcome(lambda: hand_over(fresh(own), fresh(successor), actor=anns))
        return outcome(lambda: remove_member(fresh(target), actor=cals))

    outcomes = race(app, act)
    removed = fresh(target)
    active = facts.active_approvers(school.id).accounts
    assert cal.account_id in active
    assert not removed.open
    assert removed.account_id not in active
    assert outcomes.count("done") <= 2
    handed = [row.event for row in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    if "approver.made" in handed and target == own:
        assert handed.index("approver.stopped") < handed.index("membership.removed")
        assert bob.account_id in active
    if target == successor:
        assert (ann.account_id in active) == ("approver.stopped" not in handed)


def test_PR_09_approvers_who_hand_over_and_are_suspended_at_once_leave_one(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    one, two, three = ann.id, cal.id, bob.id
    anns, cals = world.acting(ann), world.acting(cal)
    acts: list[Callable[[], object]] = [
        lambda: hand_over(fresh(one), fresh(three), actor=anns),
        lambda: suspend_member(fresh(one), reason="On leave", actor=cals),
        lambda: suspend_member(fresh(two), reason="On leave", actor=anns),
        lambda: remove_member(fresh(three), actor=cals),
    ]
    outcomes = race(app, lambda number: outcome(acts[number % len(acts)]))
    assert outcomes.count("done") >= 1
    assert facts.active_approvers(school.id).accounts
