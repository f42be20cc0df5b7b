"""People close their own account: planned, stopped within a week, or closed and erased at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail
from app.refusal import RefusalError
from approvals.account_closing import own_request
from approvals.memberships.actions import make_approver
from approvals.memberships.models import Membership
from approvals.operators.actions import add_operator
from approvals.operators.models import Operator
from approvals.organisations.models import Organisation
from approvals.settings import Settings
from identity.accounts.models import Account, Invitation
from identity.email_address import EmailAddress
from identity.sessions.models import Session
from tests.approvals import world
from tests.conftest import settings
from tests.identity.conftest import Post
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import race

DAY = timedelta(days=1)


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(database_url, mail_directory=tmp_path / "mail")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)


@pytest.fixture
def person(school: Organisation, ann: Membership) -> Person:
    made = make_person()
    world.member(school, made.email, "School_Named")
    return made


@pytest.fixture
def walker(client: FlaskClient, person: Person) -> Walker:
    sign_in(client, person)
    return Walker(client)


def request(walker: Walker) -> Page:
    page = walker.get(walker.get("/account").link("Close"))
    return page.submit("/account/close")


def look(days: float) -> None:
    with time_machine.travel(now() + days * DAY, tick=True):
        own_request.take_effect()
    db.session.expire_all()


def account(person: Person) -> Account:
    return db.session.get_one(Account, person.account_id, populate_existing=True)


def memberships(person: Person) -> list[Membership]:
    return list(
        db.session.scalars(
            select(Membership).where(Membership.account_id == person.account_id, Membership.open)
        )
    )


def test_requested_closing_waits_a_week_and_then_leaves_closes_and_erases(
    school: Organisation, ann: Membership, person: Person, walker: Walker
) -> None:
    page = request(walker)
    assert "Your account will be closed on" in page.text
    look(6.9)
    assert account(person).active
    assert memberships(person)
    look(7.1)
    erased = account(person)
    assert (erased.closed_at is not None, erased.erased_at is not None) == (True, True)
    assert erased.name.startswith("Former user")
    assert not memberships(person)
    (left,) = world.audited("membership.left")
    assert (left.subject, left.detail["person"]) == (person.subject, erased.name)
    assert [to for to, _ in world.mails("memberships/closed_account")] == [ann.email]
    ((recipient, text),) = world.mails("account_closing/closed_on_request")
    assert recipient == person.email
    assert "without your name" in text
    assert walker.get("/account").heading == "Sign in"


def test_page_says_what_ends_and_what_stays(walker: Walker) -> None:
    page = walker.get("/account/close")
    assert "your access at Ashfield School" in page.text
    assert "stays without your name" in page.text


def test_closing_needs_a_fresh_sign_in(walker: Walker, person: Person) -> None:
    with time_machine.travel(now() + timedelta(minutes=20), tick=True):
        page = walker.get("/account/close").submit("/account/close")
    assert page.heading == "Confirm it is you"
    assert own_request.gather(person.account_id).planned_for is None


def test_planned_closing_is_stopped_on_the_page(walker: Walker, person: Person) -> None:
    page = request(walker).submit("/account/close/stop")
    assert "Your account stays open." in page.text
    assert len(world.mails("account_closing/stopped")) == 1
    look(8)
    assert account(person).active


def test_planned_closing_is_stopped_by_this_was_not_me(
    app: Flask, walker: Walker, person: Person
) -> None:
    request(walker)
    post = Post()
    (text,) = [each for each in post.to(person.email) if "This was not me" in each][-1:]
    link = next(word for word in text.split() if "/not-me/" in word)
    other = Walker(app.test_client())
    page = other.get(link[link.index("/not-me/") :])
    assert "the erasure of your account is stopped" in page.text
    page.submit()
    assert own_request.gather(person.account_id).planned_for is None
    look(8)
    assert account(person).active


def test_PR_09_last_approver_is_refused_with_the_way_out(app: Flask, ann: Membership) -> None:
    page = world.browser(app, ann).get("/account/close")
    assert "You cannot close your account yet" in page.text
    assert page.link("Choose a person in Ashfield School")
    with pytest.raises(RefusalError, match="only approver of Ashfield School"):
        own_request.request(world.who(ann).id)


def test_only_operator_is_refused(app: Flask) -> None:
    olive = world.operator()
    with pytest.raises(RefusalError, match="only operator"):
        own_request.request(olive.id)
    world.operator("otto@operators.example")
    own_request.request(olive.id)
    look(7.1)
    assert db.session.get_one(Account, olive.id).erased_at is not None


def test_PR_09_person_who_became_the_last_approver_meanwhile_stays_and_is_told(
    school: Organisation, ann: Membership, person: Person, walker: Walker
) -> None:
    (membership,) = memberships(person)
    make_approver(membership, actor=world.acting(ann))
    own_request.request(person.account_id)
    with writing():
        world.who(ann).suspended_at = now()
    look(7.1)
    assert account(person).active
    assert memberships(person)
    ((_, text),) = world.mails("account_closing/stopped")
    assert "only approver of Ashfield School" in text
    look(9)
    assert len(world.mails("account_closing/stopped")) == 1


def test_PR_09_two_approvers_who_close_their_accounts_at_once_leave_one(
    app: Flask, school: Organisation, ann: Membership, person: Person
) -> None:
    (membership,) = memberships(person)
    make_approver(membership, actor=world.acting(ann))
    own_request.request(person.account_id)
    own_request.request(world.who(ann).id)
    with time_machine.travel(now() + 7.1 * DAY, tick=True):
        race(app, lambda _number: own_request.take_effect())
    db.session.expire_all()
    accounts = [account(person), world.who(ann)]
    assert sorted(each.erased_at is None for each in accounts) == [False, True]
    assert len(world.mails("account_closing/closed_on_request")) == 1


def test_requests_and_invitations_end_with_the_account(
    school: Organisation, person: Person
) -> None:
    elm = world.organisation("Elm School", urn="100002")
    world.member(elm, "eve@elm.example", approver=True)
    invited = world.invited(elm, person.email, given_name="Adelaide")
    own_request.request(person.account_id)
    look(7.1)
    membership = db.session.get_one(Membership, invited.id, populate_existing=True)
    assert (membership.ended_cause, membership.given_name) == ("declined", "")
    invitation = db.session.get_one(Invitation, invited.invitation_id, populate_existing=True)
    assert (invitation.state, invitation.token_hash) == ("withdrawn", None)
    assert person.email not in invitation.email


def test_invitation_to_be_an_operator_ends_with_the_account(person: Person) -> None:
    world.operator()
    appointment = add_operator(EmailAddress.parse(person.email), actor=world.COMMAND)
    own_request.request(person.account_id)
    look(7.1)
    ended = db.session.get_one(Operator, appointment.id, populate_existing=True)
    assert ended.valid_to is not None
    assert (ended.email, ended.email_key) == (account(person).email, account(person).email)
    assert [to for to, _ in world.mails("console/operator_removed")] == ["olive@operators.example"]


def test_invitation_to_another_spelling_of_the_address_is_erased(
    school: Organisation, person: Person
) -> None:
    elm = world.organisation("Elm School", urn="100002")
    world.member(elm, "eve@elm.example", approver=True)
    spelling = person.email.upper()
    invited = world.invited(elm, spelling, given_name="Adelaide")
    assert Post().to(spelling)
    own_request.request(person.account_id)
    look(7.1)
    membership = db.session.get_one(Membership, invited.id, populate_existing=True)
    invitation = db.session.get_one(Invitation, invited.invitation_id, populate_existing=True)
    erased = account(person).email
    assert (membership.email, membership.given_name) == (erased, "")
    assert (invitation.email, invitation.given_name) == (erased, "")
    sent = select(OutboxMail.id).where(OutboxMail.recipient == spelling)
    assert db.session.scalars(sent).all() == []


def test_forty_requests_and_stops_at_once_leave_one_state(app: Flask, person: Person) -> None:
    def act(number: int) -> bool:
        try:
            (own_request.stop if number % 2 else own_request.request)(person.account_id)
        except RefusalError:
            return False
        return True

    done = race(app, act)
    planned = own_request.gather(person.account_id).planned_for is not None
    assert sum(done[0::2]) - sum(done[1::2]) == planned
    assert len(world.mails("account_closing/stopped")) == sum(done[1::2])


def test_session_from_an_organisations_provider_closes_no_account(walker: Walker) -> None:
    with writing() as session:
        for row in session.scalars(select(Session)):
            row.connection, row.organisations = "a-provider", []
    assert "own-factors" in walker.get("/account/close").address
