"""Acts about the same person lock invitation, operators, organisations and account in one order.

PostgreSQL ends one of two transactions that wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.access_requests.actions import file_request
from approvals.access_requests.facts import AskedFor
from approvals.account_closing import own_request
from approvals.memberships.models import Membership
from approvals.operators import actions as operators
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation, JoinJourney
from identity.email_address import EmailAddress
from identity.joining import actions as joining
from identity.joining.actions import InvitationOver
from identity.sessions.active_session import read_session
from identity.sessions.current_session import SessionOver
from tests.approvals import world
from tests.races import race

DAY = timedelta(days=1)
PEOPLE = 10


@dataclass(frozen=True)
class Invited:
    """A person with an account, a session and an open invitation."""

    account: int
    invitation: int
    journey: int
    session: int


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def _people(invite: Callable[[str], int | None]) -> list[Invited]:
    """Return people with an invitation each, of which `invite` returns the key."""
    return [_invited(f"person{number}@ashfield.example", invite) for number in range(PEOPLE)]


def _invited(email: str, invite: Callable[[str], int | None]) -> Invited:
    account = world.account(email)
    invitation = db.session.get_one(Invitation, invite(email))
    with writing() as session:
        journey = JoinJourney(
            browser_hash="test",
            invitation_id=invitation.id,
            token_hash=invitation.token_hash,
            expires_at=now() + 14 * DAY,
        )
        session.add(journey)
    return Invited(account.id, invitation.id, journey.id, world.session_id_of(account))


def accept(person: Invited) -> None:
    joining.accept(
        db.session.get_one(JoinJourney, person.journey),
        db.session.get_one(Invitation, person.invitation),
        read_session(person.session),
    )


def meet(app: Flask, people: list[Invited], other: Callable[[Invited], object]) -> None:
    """Let each person accept their invitation while the other act is done."""

    def act(number: int) -> None:
        person = people[number // 2]
        try:
            if number % 2:
                accept(person)
            else:
                other(person)
        except (RefusalError, InvitationOver, SessionOver):
            return

    race(app, act, threads=2 * PEOPLE)


def test_acceptance_and_request_for_access_of_one_person_do_not_wait_for_each_other(
    app: Flask, school: Organisation
) -> None:
    people = _people(lambda email: world.invited(school, email).invitation_id)
    key, asked = school.id, AskedFor(world.SERVICE, "School_Named", [])

    def ask(person: Invited) -> None:
        organisation = db.session.get_one(Organisation, key)
        account = db.session.get_one(Account, person.account)
        file_request(account, organisation, asked, reason="I teach year 6")

    meet(app, people, ask)
    joined = db.session.scalars(select(Membership).where(Membership.joined_at.is_not(None))).all()
    assert len(joined) == PEOPLE


def test_acceptance_and_removal_of_an_operator_do_not_wait_for_each_other(
    app: Flask, school: Organisation
) -> None:
    olive = world.operator()

    def invite(email: str) -> int | None:
        return operators.add_operator(EmailAddress.parse(email), actor=world.COMMAND).invitation_id

    def remove(person: Invited) -> None:
        account = db.session.get_one(Account, person.account)
        operators.remove_operator(account.address, actor=world.COMMAND)

    meet(app, _people(invite), remove)
    assert [account for _, account in operators.appointments()] == [olive]


def test_acceptance_and_closing_of_one_account_do_not_wait_for_each_other(
    app: Flask, school: Organisation
) -> None:
    people = _people(lambda email: world.invited(school, email).invitation_id)
    for each in people:
        own_request.request(each.account)

    def close_all(person: Invited) -> None:
        if person == people[0]:
            own_request.take_effect()

    with time_machine.travel(now() + 8 * DAY, tick=True):
        meet(app, people, close_all)
    accounts = db.session.scalars(
        select(Account).where(Account.id.in_([each.account for each in people]))
    )
    assert all(account.closed_at is not None for account in accounts)
