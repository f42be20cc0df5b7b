"""Attacks on the reset of a lost second step, by approvers and by people with a stolen password."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import db
from app.outbox import OutboxMail
from app.vault import decrypt
from approvals.memberships.models import Membership
from approvals.second_step_resets import actions
from identity.accounts.models import Account
from identity.credentials.models import PasswordCredential, TotpCredential
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.second_step_resets.recovery import (
    A_DAY,
    ALL_CHECKS,
    Lost,
    lost_second_step,
    no_second_step,
    opening_link,
    use_link,
)
from tests.identity.people import PASSWORD, Person, make_person
from tests.identity.walking import Page, Walker

EVIL = "lou.dean@evil.example"
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def lost(app: Flask) -> Lost:
    return lost_second_step()


def agree(app: Flask, approver: Membership | Account, address: str) -> Page:
    """Send the form with every check, whether or not the page offers it."""
    walker = world.browser(app, approver)
    forms = [each for each in walker.get("/sign-out").forms() if "csrf_token" in each.values]
    data = {"csrf_token": forms[0].values["csrf_token"], "checked": list(ALL_CHECKS)}
    response = walker.client.post(address, data=data)
    return Page(walker, response, address)


def decided() -> int:
    db.session.rollback()
    return len(world.audited("second_step_reset.decided"))


def own_page(membership: Membership, where: str) -> str:
    return f"/o/{where}/users/{membership.public_id}/second-step"


def test_MF_11_approver_resets_an_ordinary_member(app: Flask, lost: Lost) -> None:
    agree(app, lost.ann, own_page(lost.at_ashfield, lost.ashfield.public_id))
    assert decided() == 2  # a row for each organisation of the person


def test_MF_11_approver_does_not_reset_themselves(app: Flask, lost: Lost) -> None:
    page = agree(app, lost.ann, own_page(lost.ann, lost.ashfield.public_id))
    assert "You cannot decide about your own second step." in page.text
    assert decided() == 0


def test_MF_11_approver_does_not_reset_a_member_of_another_organisation(
    app: Flask, lost: Lost
) -> None:
    for where, member in (
        (lost.briar.public_id, lost.at_briar),
        (lost.briar.public_id, lost.bea),
        (lost.ashfield.public_id, lost.at_briar),
    ):
        assert world.browser(app, lost.ann).get(own_page(member, where)).status == 404


@pytest.mark.parametrize("role", ["operator", "approver elsewhere"])
def test_MF_11_approver_does_not_reset_a_member_with_more_power(
    app: Flask, lost: Lost, role: str
) -> None:
    if role == "operator":
        account = world.operator(lost.person.email.replace("lou", "olive"))
        member = world.member(lost.ashfield, account.email)
    else:
        member = world.member(lost.ashfield, lost.bea.email)
    page = agree(app, lost.ann, own_page(member, lost.ashfield.public_id))
    assert "operator" in page.text
    assert decided() == 0


def test_MF_11_member_without_appointment_decides_nothing(app: Flask, lost: Lost) -> None:
    member = world.member(lost.ashfield, "max@ashfield.example")
    address = own_page(lost.at_ashfield, lost.ashfield.public_id)
    assert world.browser(app, member).get(address).status == 404


def test_MF_11_reset_is_audited_and_mailed(app: Flask, lost: Lost) -> None:
    agree(app, lost.ann, own_page(lost.at_ashfield, lost.ashfield.public_id))
    row = world.audited("second_step_reset.decided")[0]
    assert row.actor == world.who(lost.ann).subject
    assert row.detail["checked"] == sorted(ALL_CHECKS)
    told = {to for to, _ in world.mails("second_step_resets/for_decider")}
    assert told == {lost.ann.email, lost.bea.email}
    assert [to for to, _ in world.mails("second_step_resets/for_person")] == [lost.person.email]


@pytest.mark.parametrize("order", list(itertools.permutations(["address", "link", "reset"])))
@pytest.mark.parametrize("password_known", [False, True])
def test_MF_11_approver_alone_takes_no_account_over_in_any_order(
    app: Flask,
    lost: Lost,
    clock: time_machine.Traveller,
    order: tuple[str, ...],
    password_known: bool,
) -> None:
    """The approver proposes a mailbox of their own, and reads whatever arrives there."""
    approver = world.browser(app, lost.ann)
    member = f"/o/{lost.ashfield.public_id}/users/{lost.at_ashfield.public_id}"
    acts: dict[str, Callable[[], object]] = {
        "address": lambda: approver.get(f"{member}/email").submit(email=EVIL),
        "link": lambda: approver.get(f"{member}/password-reset").submit(),
        "reset": lambda: agree(app, lost.ann, f"{member}/second-step"),
    }
    before = credentials(lost.person)
    for act in order:
        approver = world.browser(app, lost.ann)
        acts[act]()
        for _ in range(3):
            clock.shift(A_DAY)
            actions.take_effect()
            follow_every_link(app, lost, password_known=password_known)
    clock.shift(WEEK)
    actions.take_effect()
    follow_every_link(app, lost, password_known=password_known)
    assert {to for to, _ in mails_with_links() if to == EVIL}, "the mailbox was reached"
    assert credentials(lost.person) == before
    open_sessions = select(Session.id).where(
        Session.account_id == lost.person.account_id, Session.ended_at.is_(None)
    )
    assert db.session.scalars(open_sessions).all() == []


def credentials(person: Person) -> tuple[str, str, str]:
    """The address, the password and the app of the person."""
    db.session.rollback()
    password = db.session.get_one(PasswordCredential, person.account_id, populate_existing=True)
    app = db.session.get_one(TotpCredential, person.account_id, populate_existing=True)
    return person.account.email, password.password_hash, app.sealed_secret


def mails_with_links() -> list[tuple[str, list[str]]]:
    db.session.rollback()
    rows = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    texts = [
        (row.recipient, decrypt(row.sealed_text, purpose="mail"))
        for row in rows
        if row.sealed_text is not None
    ]
    return [(to, re.findall(r"http://localhost:8000(/\S+)", text)) for to, text in texts]


def follow_every_link(app: Flask, lost: Lost, *, password_known: bool) -> None:
    """Open the links of the mailbox, signed out and as the approver, and send every form."""
    password = PASSWORD if password_known else "guess kettle orbit lane"
    for to, links in mails_with_links():
        for link in links if to == EVIL else []:
            for walker in (Walker(app.test_client()), world.browser(app, lost.ann)):
                page = walker.get(link)
                for form in page.forms():
                    page.submit(form.action, email=EVIL, password=password, code="000000")


def test_MF_11_approver_who_began_an_address_change_does_not_decide(app: Flask, lost: Lost) -> None:
    member = f"/o/{lost.ashfield.public_id}/users/{lost.at_ashfield.public_id}"
    world.browser(app, lost.ann).get(f"{member}/email").submit(email=EVIL)
    page = agree(app, lost.ann, f"{member}/second-step")
    assert "You began a change of this person’s email address." in page.text
    assert decided() == 0
    abe = world.member(lost.ashfield, "abe@ashfield.example", approver=True)
    agree(app, abe, f"{member}/second-step")
    assert decided() == 2


def test_MF_11_reset_waits_a_week_after_an_address_change_by_an_approver(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    abe = world.member(lost.ashfield, "abe@ashfield.example", approver=True)
    member = f"/o/{lost.ashfield.public_id}/users/{lost.at_ashfield.public_id}"
    world.browser(app, abe).get(f"{member}/email").submit(email=EVIL)
    agree(app, lost.ann, f"{member}/second-step")
    clock.shift(WEEK - timedelta(seconds=1))
    actions.take_effect()
    assert opening_link(lost.person) is None
    clock.shift(timedelta(seconds=1))
    actions.take_effect()
    assert opening_link(lost.person) is not None


def test_MF_11_address_change_after_the_decision_postpones_the_reset(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    abe = world.member(lost.ashfield, "abe@ashfield.example", approver=True)
    member = f"/o/{lost.ashfield.public_id}/users/{lost.at_ashfield.public_id}"
    agree(app, lost.ann, f"{member}/second-step")
    clock.shift(A_DAY - timedelta(minutes=1))
    world.browser(app, abe).get(f"{member}/email").submit(email=EVIL)
    clock.shift(timedelta(days=2))
    actions.take_effect()
    assert opening_link(lost.person) is None
    clock.shift(WEEK)
    actions.take_effect()
    assert opening_link(lost.person) is not None


def test_MF_11_address_change_after_the_link_was_sent_holds_the_link(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    abe = world.member(lost.ashfield, "abe@ashfield.example", approver=True)
    member = f"/o/{lost.ashfield.public_id}/users/{lost.at_ashfield.public_id}"
    agree(app, lost.ann, f"{member}/second-step")
    clock.shift(A_DAY)
    actions.take_effect()
    before = credentials(lost.person)
    world.browser(app, abe).get(f"{member}/email").submit(email=EVIL)
    assert use_link(app, lost.person).status == 410
    assert credentials(lost.person) == before


def test_MF_10_stolen_password_asks_for_a_reset_and_enrols_nothing(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    before = credentials(lost.person)
    page = no_second_step(app, lost.person).submit("no-second-step")
    clock.shift(timedelta(days=13))
    actions.take_effect()
    assert page.walker.get("/second-step-reset/app?journey=x").status == 410
    assert opening_link(lost.person) is None
    assert credentials(lost.person) == before


def test_LK_11_link_to_a_second_step_opens_no_other_page(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    agree(app, lost.ann, own_page(lost.at_ashfield, lost.ashfield.public_id))
    clock.shift(A_DAY)
    actions.take_effect()
    token = (opening_link(lost.person) or "").rpartition("/")[2]
    for path in ("reset-password", "not-me", "invitation"):
        assert Walker(app.test_client()).get(f"/{path}/{token}").status in {404, 410}
    assert Walker(app.test_client()).get(f"/second-step-reset/{token}").status == 200


def test_LK_04_link_to_a_second_step_is_refused_a_second_after_its_end(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    agree(app, lost.ann, own_page(lost.at_ashfield, lost.ashfield.public_id))
    clock.shift(A_DAY)
    actions.take_effect()
    link = opening_link(lost.person) or ""
    clock.shift(WEEK - timedelta(seconds=1))
    assert Walker(app.test_client()).get(link).status == 200
    clock.shift(timedelta(seconds=1))
    assert Walker(app.test_client()).get(link).status == 410


def test_LK_06_reset_of_the_password_leaves_a_lost_second_step_lost(app: Flask) -> None:
    person = make_person("kim@ashfield.example", "Kim", "Dean")
    Walker(app.test_client()).get("/forgot-password").submit(email=person.email)
    (to, links) = mails_with_links()[-1]
    assert to == person.email
    page = Walker(app.test_client()).get(links[0]).submit(password="copper lantern hill 7")
    page = page.walker.get("/sign-in")
    page = page.submit(email=person.email, password="copper lantern hill 7")
    assert page.heading == "Enter the 6-digit code"
    assert page.walker.get("/account").heading == "Sign in"


def test_LG_01_page_of_a_lost_second_step_is_shown_to_nobody_without_the_password(
    app: Flask, lost: Lost
) -> None:
    headings = set()
    for email in (lost.person.email, "nobody@ashfield.example", lost.ann.email):
        page = Walker(app.test_client()).get("/sign-in")
        page = page.submit(email=email, password="guess kettle orbit lane")
        journey = page.address.rpartition("journey=")[2]
        headings.add(page.walker.get(f"/sign-in/no-second-step?journey={journey}").heading)
    assert headings == {"Sign in"}
