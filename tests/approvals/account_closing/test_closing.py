"""Accounts of people without membership: told before, closed after 30 days, like unknown ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.access_requests import actions as requests
from approvals.access_requests.facts import AskedFor
from approvals.account_closing import actions
from approvals.memberships.actions import remove_member, undo_removal
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, Suspension
from identity.administration import suspension
from identity.credentials.models import PasswordCredential, RecoveryCode, TotpCredential
from identity.email_address import EmailAddress
from identity.sessions.models import Session
from tests.approvals import world
from tests.identity.people import Person, make_person, sign_in
from tests.races import race

DAY = timedelta(days=1)


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True)


@pytest.fixture
def person(app: Flask) -> Person:
    """Ada, who has factors, and has had no membership since long ago."""
    made = make_person()
    with writing():
        made.account.created_at = made.account.joined_at = now() - 400 * DAY
    return made


def look(days: float = 0) -> None:
    with time_machine.travel(now() + days * DAY, tick=True):
        actions.act_on_due()
    db.session.expire_all()


def closed(account: Account) -> bool:
    db.session.expire_all()
    return db.session.get_one(Account, account.id).closed_at is not None


def announcements(account: Account) -> int:
    return [to for to, _ in world.mails("account_closing/announced")].count(account.email)


def test_account_is_announced_after_23_days_and_closed_after_30(
    school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    account = world.who(bob)
    remove_member(bob, actor=world.acting(ann))
    look(22.9)
    assert not announcements(account)
    look(23.1)
    look(24)
    assert announcements(account) == 1
    look(29.9)
    assert not closed(account)
    look(30.2)
    assert closed(account)
    ((recipient, text),) = world.mails("account_closing/closed")
    assert recipient == "bob@ashfield.example"
    assert "for 30 days" in text
    assert not closed(world.who(ann))


def test_closing_needs_an_announcement_seven_days_before(person: Person) -> None:
    look()
    assert announcements(person.account) == 1
    look(6.9)
    assert not closed(person.account)
    look(7.1)
    assert closed(person.account)


def test_days_before_the_upgrade_do_not_count(person: Person) -> None:
    with writing():
        person.account.closing_counted_from = now()
    look(22)
    assert not announcements(person.account)
    look(24)
    look(29)
    assert not closed(person.account)
    look(31.5)
    assert closed(person.account)


def _belongs(school: Organisation, person: Person) -> None:
    world.member(school, person.email, "School_Named")


def _is_invited(school: Organisation, person: Person) -> None:
    world.invited(school, person.email, "School_Named")


def _is_operator(_school: Organisation, person: Person) -> None:
    world.make_operator(person.account)


def _asks(school: Organisation, person: Person) -> None:
    requests.file_request(
        person.account, school, AskedFor(world.SERVICE, "School_Named", []), reason="New here"
    )


TIES: dict[str, Callable[[Organisation, Person], None]] = {
    "membership": _belongs,
    "open invitation": _is_invited,
    "operator": _is_operator,
    "pending request": _asks,
}


@pytest.mark.parametrize("tie", TIES.values(), ids=TIES.keys())
def test_account_with_a_tie_is_not_closed(
    school: Organisation, ann: Membership, person: Person, tie: Callable[..., None]
) -> None:
    look()
    tie(school, person)
    look(7.5)
    assert not closed(person.account)


def test_tie_that_has_ended_begins_the_days_again(
    school: Organisation, ann: Membership, person: Person
) -> None:
    look()
    _asks(school, person)
    (filed,) = db.session.scalars(
        select(PendingDecision).where(PendingDecision.account_id == person.account.id)
    )
    requests.withdraw(filed, person.account)
    look(29)
    assert announcements(person.account) == 2
    look(29.5)
    assert not closed(person.account)
    look(36.1)
    assert closed(person.account)


def test_closed_account_holds_no_access_and_no_factors(app: Flask, person: Person) -> None:
    browser = app.test_client()
    sign_in(browser, person)
    look()
    look(7.1)
    account = db.session.get_one(Account, person.account.id)
    assert not account.active
    assert all(
        db.session.scalar(select(table).where(table.account_id == account.id)) is None
        for table in (PasswordCredential, TotpCredential, RecoveryCode)
    )
    assert not db.session.scalars(
        select(Session).where(Session.account_id == account.id, Session.ended_at.is_(None))
    ).all()
    assert browser.get("/account").status_code == 303
    assert [row["subject"] for row in world_rows("account.closed")] == [account.subject]


def world_rows(event: str) -> list[dict[str, str | None]]:
    return [{"subject": row.subject} for row in world.audited(event)]


def test_closed_account_is_not_restored(person: Person) -> None:
    look()
    look(7.1)
    account = db.session.get_one(Account, person.account.id)
    assert not suspension.restore(account, actor=world.COMMAND)
    assert db.session.get_one(Account, account.id).suspended


def test_person_who_is_invited_again_gets_a_new_account(
    school: Organisation, person: Person
) -> None:
    look()
    look(7.1)
    again = world.member(school, person.email, "School_Named")
    assert world.who(again).id != person.account.id
    assert world.who(again).subject != person.subject
    assert closed(person.account)


def test_suspended_account_without_membership_is_closed_and_its_suspension_stays(
    person: Person,
) -> None:
    suspension.suspend(person.account, actor=world.COMMAND)
    since = person.account.suspended_at
    look()
    look(7.1)
    assert closed(person.account)
    (row,) = db.session.scalars(
        select(Suspension).where(Suspension.account_id == person.account.id)
    )
    assert (row.valid_from, row.valid_to) == (since, None)


def test_closing_at_once_by_forty_workers_mails_once(app: Flask, person: Person) -> None:
    race(app, lambda _number: actions.act_on_due())
    assert announcements(person.account) == 1
    with time_machine.travel(now() + 8 * DAY, tick=True):
        race(app, lambda _number: actions.act_on_due())
    assert len(world.mails("account_closing/closed")) == 1
    assert len(world.audited("account.closed")) == 1


def test_closing_and_forty_requests_at_once_leave_a_closed_account_or_a_pending_request(
    app: Flask, school: Organisation, ann: Membership, person: Person
) -> None:
    look()
    account, at = person.account.id, now() + 8 * DAY

    def act(number: int) -> None:
        if number % 2:
            actions.close(account, at)
            return
        try:
            _asks(school, person)
        except RefusalError:
            return

    with time_machine.travel(at, tick=True):
        race(app, act)
    pending = db.session.scalars(
        select(PendingDecision).where(
            PendingDecision.account_id == account, PendingDecision.ended_at.is_(None)
        )
    ).all()
    assert closed(person.account) != bool(pending)


def test_closing_and_acceptance_of_an_invitation_at_once_leave_no_member_who_is_closed(
    app: Flask, school: Organisation, person: Person
) -> None:
    """The invitation is so old that it holds the account no longer."""
    added = world.invited(school, person.email, "School_Named")
    with writing():
        db.session.execute(
            update(Invitation).values(expires_at=now() - 40 * DAY, created_at=now() - 60 * DAY)
        )
    look()
    account, at = person.account.id, now() + 8 * DAY
    invitation = db.session.get_one(Invitation, added.invitation_id).id

    def act(number: int) -> None:
        if number % 2:
            actions.close(account, at)
            return
        with writing():
            found = db.session.get_one(Invitation, invitation)
            invitations.resend(found)

    with time_machine.travel(at, tick=True):
        race(app, act, threads=4)
    sent = db.session.get_one(Invitation, invitation, populate_existing=True)
    assert sent.email_key == EmailAddress.parse(person.email).key
    joined = closed(person.account)
    again = world.join(added)
    assert (again.id != account) == joined
    assert not again.suspended


def test_undo_of_a_removal_does_not_give_a_closed_account_a_membership(
    school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    account = world.who(bob)
    remove_member(bob, actor=world.acting(ann))
    look(24)
    with writing():
        bob.undo_until = now() + 60 * DAY
    look(31.2)
    assert closed(account)
    with (
        time_machine.travel(now() + 32 * DAY, tick=True),
        pytest.raises(RefusalError, match="can no longer"),
    ):
        undo_removal(bob, actor=world.acting(ann))
