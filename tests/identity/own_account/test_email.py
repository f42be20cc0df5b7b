"""A person changes their email address: confirmed at the new one, undone at the former one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actors import Actor
from app.clock import now
from app.database import db, writing
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation
from identity.administration import suspension
from identity.email_address import EmailAddress
from identity.email_changes import queries
from identity.own_account import email_actions
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.world import path
from tests.identity.conftest import Post, audited
from tests.identity.joining.test_joining import code_of, link, to_the_app
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race

NEW = "ada@new-trust.example"
OTHER = "ada@elsewhere.example"
CHOSEN = "copper lantern hill 7"


@pytest.fixture
def walker(client: FlaskClient, person: Person) -> Walker:
    sign_in(client, person)
    return Walker(client)


def ask(walker: Walker, address: str = NEW) -> Page:
    return walker.get("/account/email").submit("/account/email", email=address)


def link_to(post: Post, address: str, kind: str = "account/email/confirm") -> str:
    """The path of the newest link of that kind in a mail to the address."""
    found = [
        match.group(1)
        for mail in post.to(address)
        if (match := re.search(rf"http://localhost:8000(/{kind}/\S+)", mail))
    ]
    assert found, post.to(address)
    return found[-1]


def change(walker: Walker, post: Post, address: str = NEW) -> Page:
    ask(walker, address)
    return walker.get(link_to(post, address)).submit("")


def undo_link(post: Post, address: str) -> str:
    return link_to(post, address, "not-me")


def test_email_change_waits_for_the_link_at_the_new_address(
    walker: Walker, person: Person, post: Post
) -> None:
    page = ask(walker)
    assert page.heading == "Check your email"
    assert NEW in page.text
    assert person.account.email == "ada@school.example"
    assert "Ada Byron asked to make this the email address" in post.to(NEW)[-1]
    assert "waits for you" in walker.get("/account/email").text


def test_email_change_confirmed_changes_the_account_and_keeps_its_sub(
    walker: Walker, person: Person, post: Post
) -> None:
    ask(walker)
    page = walker.get(link_to(post, NEW))
    assert page.heading == "Confirm your new email address"
    page = page.submit("")
    assert page.heading == "Your account"
    assert f"Your email address is now {NEW}." in page.text
    account = person.account
    assert (account.email, account.subject) == (NEW, person.subject)
    (row,) = audited("account.address_changed")
    assert row["subject"] == row["actor"] == person.subject
    notice = post.to("ada@school.example")[-1]
    assert notice.startswith("Your Secure Access email address was changed")
    assert NEW not in notice


def test_email_change_lets_the_person_sign_in_with_the_new_address_only(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    page = Walker(app.test_client()).get("/sign-in")
    assert page.submit(email="ada@school.example", password=PASSWORD).heading == "Sign in"
    page = Walker(app.test_client()).get("/sign-in").submit(email=NEW, password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"


def test_email_change_is_in_userinfo_and_in_the_lists_of_approvers_at_once(
    app: Flask, client: FlaskClient, walker: Walker, person: Person, post: Post
) -> None:
    signing_keys.ready()
    school = world.school()
    approver = world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)
    world.member(school, person.email)
    rp = RelyingParty(app.test_client(), register())
    tokens = rp.tokens(client, scope="openid email")
    change(walker, post)
    info = rp.userinfo(tokens["access_token"]).get_json()
    assert (info["email"], info["email_verified"]) == (NEW, True)
    desk = world.browser(app, approver)
    assert NEW in desk.get(path(school, "users?q=new-trust")).text
    activity = desk.get(path(school, "activity")).text
    assert "The email address of Ada Byron was changed." in activity


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c.example", f"{'x' * 65}@school.example"])
def test_email_change_refuses_a_text_that_is_no_address(
    walker: Walker, post: Post, address: str
) -> None:
    page = ask(walker, address)
    assert page.title.startswith("Error: ")
    assert page.form("/account/email").values["email"] == address
    assert post.all() == []


def test_email_change_refuses_the_present_address_in_another_spelling(
    walker: Walker, post: Post
) -> None:
    page = ask(walker, "ADA@School.example")
    assert "This is the email address of the account already" in page.text


def test_LG_03_email_change_to_the_address_of_an_account_looks_the_same_and_mails_its_owner(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    make_person("grace@school.example", "Grace", "Hopper")
    free = ask(walker, NEW).text.replace(NEW, "X")
    taken = ask(walker, "grace@school.example").text.replace("grace@school.example", "X")
    assert taken == free
    assert "belongs to another account already" in post.to("grace@school.example")[-1]
    assert "/account/email/confirm/" not in post.to("grace@school.example")[-1]
    assert person.account.email == "ada@school.example"


def test_email_change_is_asked_for_five_times_a_day(walker: Walker, post: Post) -> None:
    for number in range(email_actions.MOST_A_DAY):
        assert ask(walker, f"ada{number}@new-trust.example").heading == "Check your email"
    assert "5 times a day" in ask(walker).text
    assert post.to(NEW) == []


def test_email_change_mails_one_address_five_times_a_day(app: Flask, post: Post) -> None:
    for number in range(email_actions.MOST_A_DAY + 2):
        client, person = app.test_client(), make_person(f"p{number}@school.example")
        sign_in(client, person)
        assert ask(Walker(client)).heading == "Check your email"
    assert len(post.to(NEW)) == email_actions.MOST_A_DAY


def test_email_change_with_an_older_sign_in_is_asked_for_after_confirming(
    walker: Walker, person: Person, post: Post
) -> None:
    _grow_old(person)
    page = ask(walker)
    assert page.heading == "Confirm it is you"
    page = page.submit(password=person.password)
    assert page.submit(code=person.code()).heading == "Check your email"
    _grow_old(person)
    page = walker.get(link_to(post, NEW)).submit("")
    assert page.heading == "Confirm it is you"
    assert person.account.email == "ada@school.example"


def _grow_old(person: Person) -> None:
    with writing() as session:
        for row in session.scalars(select(Session)):
            row.auth_time = now() - timedelta(minutes=16)


def test_LK_13_link_of_an_email_change_gives_nothing_without_the_session_of_its_account(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    ask(walker)
    confirm = link_to(post, NEW)
    stranger = Walker(app.test_client())
    assert "/sign-in" in stranger.get(confirm).address
    grace = make_person("grace@school.example", "Grace", "Hopper")
    client = app.test_client()
    sign_in(client, grace)
    page = Walker(client).get(confirm)
    assert page.heading == "This link is for somebody else"
    journey = page.address.partition("journey=")[2]
    token = page.form("sign-out").values
    page = Walker(client).post(f"/account/email/confirm?journey={journey}", token)
    assert page.heading == "This link is for somebody else"
    assert {person.account.email, grace.account.email} == {
        "ada@school.example", "grace@school.example",
    }  # fmt: skip
    assert Walker(client).get(confirm).submit("sign-out").heading == "Sign in"


def test_LK_13_mail_of_an_email_change_names_the_person_who_asks(
    walker: Walker, post: Post
) -> None:
    make_person("victim@school.example", "Vic", "Tim")
    for address in (NEW, "victim@school.example"):
        ask(walker, address)
        assert "Ada Byron asked to make this the email address" in post.to(address)[-1]


def test_email_change_undone_at_the_former_address_ends_sessions_and_password(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    page = Walker(app.test_client()).get(undo_link(post, "ada@school.example"))
    assert page.heading == "Was this not you?"
    assert "the former email address is the address of your account again" in page.text
    page = page.submit("")
    assert page.heading == "Choose a new password"
    account = person.account
    assert (account.email, account.subject) == ("ada@school.example", person.subject)
    assert "/sign-in" in walker.get("/account").address or "ended" in walker.get("/account").address
    refused = Walker(app.test_client()).get("/sign-in")
    assert refused.submit(email=person.email, password=PASSWORD).heading == "Sign in"
    assert page.submit(password=CHOSEN).heading == "Password changed"
    assert audited("account.address_put_back")[0]["subject"] == person.subject
    for address in (NEW, "ada@school.example"):
        assert any("was undone" in mail for mail in post.to(address))


def test_email_change_cannot_be_undone_after_72_hours(
    app: Flask, clock: time_machine.Traveller, post: Post
) -> None:
    person, client = make_person(), app.test_client()
    sign_in(client, person)
    change(Walker(client), post)
    undo = undo_link(post, "ada@school.example")
    clock.shift(timedelta(hours=72) - timedelta(seconds=1))
    page = Walker(app.test_client()).get(undo)
    assert page.status == 200
    clock.shift(timedelta(seconds=2))
    assert page.submit("").status == 410
    assert Walker(app.test_client()).get(undo).status == 410
    assert person.account.email == NEW


def test_undo_of_an_earlier_change_undoes_the_later_ones(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    change(walker, post, OTHER)
    first, second = undo_link(post, "ada@school.example"), undo_link(post, NEW)
    later = Walker(app.test_client()).get(second)
    Walker(app.test_client()).get(first).submit("")
    assert person.account.email == "ada@school.example"
    assert later.submit("").status == 410
    assert person.account.email == "ada@school.example"


def test_undo_of_the_later_change_leaves_the_link_of_the_earlier_one(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    change(walker, post, OTHER)
    Walker(app.test_client()).get(undo_link(post, NEW)).submit("")
    assert person.account.email == NEW
    Walker(app.test_client()).get(undo_link(post, "ada@school.example")).submit("")
    assert person.account.email == "ada@school.example"


def _reset_link(app: Flask, post: Post, address: str) -> str:
    Walker(app.test_client()).get("/forgot-password").submit(email=address)
    return link_to(post, address, "reset-password")


def test_reset_by_the_former_address_first_undoes_the_change(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    reset = _reset_link(app, post, "ada@school.example")
    assert person.account.email == NEW, "asking proves no mailbox"
    assert Walker(app.test_client()).get(reset).submit(password=CHOSEN).heading == (
        "Password changed"
    )
    assert person.account.email == "ada@school.example"
    assert walker.client.get("/account").status_code == 303


def test_reset_by_the_former_address_is_explained_after_72_hours(
    app: Flask, clock: time_machine.Traveller, post: Post
) -> None:
    person, client = make_person(), app.test_client()
    sign_in(client, person)
    change(Walker(client), post)
    clock.shift(timedelta(hours=71, minutes=30))
    page = Walker(app.test_client()).get(_reset_link(app, post, "ada@school.example"))
    clock.shift(timedelta(minutes=31))
    assert page.submit(password=CHOSEN).status == 410
    Walker(app.test_client()).get("/forgot-password").submit(email="ada@school.example")
    assert "There is no account with this address" in post.to("ada@school.example")[-1]
    assert person.account.email == NEW


def test_thief_with_the_new_mailbox_cannot_end_the_links_in_the_former_one(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    undo = undo_link(post, "ada@school.example")
    owners = _reset_link(app, post, "ada@school.example")
    thiefs = _reset_link(app, post, NEW)
    assert Walker(app.test_client()).get(owners).status == 200
    Walker(app.test_client()).get(thiefs).submit(password=CHOSEN)
    assert Walker(app.test_client()).get(undo).submit("").heading == "Choose a new password"
    assert person.account.email == "ada@school.example"


def test_not_me_of_a_sign_in_before_the_change_puts_the_address_back(
    app: Flask, clock: time_machine.Traveller, post: Post
) -> None:
    person = make_person()
    sign_in(app.test_client(), person)
    clock.shift(timedelta(minutes=5))
    thief = app.test_client()
    sign_in(thief, person)
    not_me = link_to(post, "ada@school.example", "not-me")
    change(Walker(thief), post)
    Walker(app.test_client()).get(not_me).submit("")
    assert person.account.email == "ada@school.example"


def test_LK_05_changed_address_ends_reset_links_and_the_older_confirmation(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    reset = Walker(app.test_client()).get(_reset_link(app, post, "ada@school.example"))
    ask(walker, OTHER)
    older = walker.get(link_to(post, OTHER))
    change(walker, post)
    assert older.submit("").status == 410
    assert reset.submit(password=CHOSEN).status == 410
    assert person.account.email == NEW
    assert not audited("password.reset")


def test_reset_of_the_password_ends_a_confirmation_under_way(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    ask(walker)
    confirm = link_to(post, NEW)
    reset = _reset_link(app, post, "ada@school.example")
    Walker(app.test_client()).get(reset).submit(password=CHOSEN)
    assert Walker(app.test_client()).get(confirm).status == 410


def _invite(address: str) -> Invitation:
    school = world.school()
    member = world.invited(school, address)
    return db.session.get_one(Invitation, member.invitation_id)


def test_open_invitation_follows_the_person_to_the_new_address_and_back(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    invitation = _invite("ada@school.example")
    old = link(post, "ada@school.example")
    opened = Walker(app.test_client()).get(old)
    change(walker, post)
    assert opened.status == 200
    assert Walker(app.test_client()).get(old).status == 410
    page = walker.get(link(post, NEW))
    assert page.heading == "You have been invited"
    Walker(app.test_client()).get(undo_link(post, "ada@school.example")).submit("")
    db.session.expire_all()
    assert (invitation.email, invitation.state) == ("ada@school.example", "open")
    again = link_to(post, "ada@school.example", "invitation")
    assert Walker(app.test_client()).get(again).status == 200


def test_undo_leaves_an_invitation_that_was_sent_to_the_new_address_itself(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    invitation = _invite(NEW)
    change(walker, post)
    Walker(app.test_client()).get(undo_link(post, "ada@school.example")).submit("")
    db.session.expire_all()
    assert invitation.email == NEW


def test_former_address_is_reserved_while_the_change_can_be_undone(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    _invite("ada@school.example")
    page = Walker(app.test_client()).get(link(post, "ada@school.example")).submit()
    assert page.heading == "This address belonged to an account until recently"
    grace = make_person("grace@school.example", "Grace", "Hopper")
    client = app.test_client()
    sign_in(client, grace)
    ask(Walker(client), "ada@school.example")
    assert "belongs to another account already" in post.to("ada@school.example")[-1]
    assert len(db.session.scalars(select(Account)).all()) == 2


def test_newcomer_under_way_cannot_take_the_address_that_a_person_has_just_left(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    _invite(NEW)
    page = to_the_app(Walker(app.test_client()).get(link(post, NEW)))
    change(walker, post)
    change(walker, post, OTHER)
    page.submit(code=code_of(page))
    assert db.session.scalars(select(Account.email)).all() == [OTHER]


def test_former_address_is_free_for_its_own_person(
    walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    change(walker, post, "ada@school.example")
    assert person.account.email == "ada@school.example"


def test_suspended_person_cannot_confirm_a_change(
    app: Flask, walker: Walker, person: Person, post: Post
) -> None:
    ask(walker)
    confirm = link_to(post, NEW)
    page = walker.get(confirm)
    suspension.suspend(person.account, actor=Actor.command("test"))
    page.submit("")
    assert person.account.email == "ada@school.example"
    assert Walker(app.test_client()).get(confirm).status == 410


def test_LK_03_parallel_confirmations_change_the_address_once(
    app: Flask, client: FlaskClient, walker: Walker, person: Person, post: Post
) -> None:
    ask(walker)
    page = walker.get(link_to(post, NEW))
    form = page.form("").values
    address = page.address
    browsers = [copied(client) for _ in range(THREADS)]
    answers = race(app, lambda number: browsers[number].post(address, data=form).status_code)
    assert answers.count(303) == 1
    assert set(answers) == {303, 410}
    assert person.account.email == NEW
    assert len(audited("account.address_changed")) == 1
    assert len(post.to("ada@school.example")) == 1


def test_parallel_confirmation_and_undo_leave_one_consistent_address(
    app: Flask, client: FlaskClient, walker: Walker, person: Person, post: Post
) -> None:
    change(walker, post)
    ask(walker, OTHER)
    confirm = walker.get(link_to(post, OTHER))
    undo = Walker(app.test_client()).get(undo_link(post, "ada@school.example"))
    pages = (confirm, undo)
    forms = [(page.address, page.form("").values) for page in pages]
    browsers = [copied(pages[number % 2].walker.client) for number in range(THREADS)]

    def act(number: int) -> int:
        address, form = forms[number % 2]
        return browsers[number].post(address, data=form).status_code

    race(app, act)
    assert person.account.email == "ada@school.example"
    changed = len(audited("account.address_changed"))
    assert changed in {1, 2}
    assert len(audited("account.address_put_back")) == changed
    assert queries.reversible_change(person.account_id, NEW, now()) is None
    assert queries.open_change(person.account_id, now()) is None


def test_parallel_change_and_joining_give_the_address_to_one_account(
    app: Flask, client: FlaskClient, walker: Walker, person: Person, post: Post
) -> None:
    with writing():
        invitations.invite(
            EmailAddress.parse(NEW), "Grace", "Hopper",
            invited_by="", sender="", organisation_name=None,
        )  # fmt: skip
    joining = to_the_app(Walker(app.test_client()).get(link(post, NEW)))
    ask(walker)
    confirm = walker.get(link_to(post, NEW))
    join_form = {**joining.form("").values, "code": code_of(joining)}
    forms: list[tuple[str, dict[str, str], FlaskClient]] = [
        (confirm.address, confirm.form("").values, client),
        (joining.address, join_form, joining.walker.client),
    ]
    browsers = [copied(forms[number % 2][2]) for number in range(THREADS)]
    act: Callable[[int], int] = lambda number: (  # noqa: E731  # one line reads best here
        browsers[number].post(forms[number % 2][0], data=forms[number % 2][1]).status_code
    )
    answers = race(app, act)
    assert 500 not in answers
    holders = db.session.scalars(select(Account).where(Account.email == NEW)).all()
    assert len(holders) == 1
