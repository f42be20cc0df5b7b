"""People with a lost second step, and the deciders around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from flask import Flask

from app.actors import Actor
from app.database import db
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.second_step_resets import actions, rules
from identity.accounts.models import Account
from tests.approvals import world
from tests.identity.people import Person, make_person
from tests.identity.walking import Page, Walker

ALL_CHECKS = tuple(rules.CHECKS)
A_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Lost:
    """A person without a second step, in two organisations with an approver each."""

    person: Person
    ashfield: Organisation
    briar: Organisation
    at_ashfield: Membership
    at_briar: Membership
    ann: Membership
    """Approver at Ashfield."""
    bea: Membership
    """Approver at Briar."""

    @property
    def account(self) -> Account:
        return self.person.account


def lost_second_step() -> Lost:
    ashfield = world.school("Ashfield School", "100001")
    briar = world.school("Briar School", "100002")
    person = make_person("lou@ashfield.example", "Lou", "Dean")
    return Lost(
        person,
        ashfield,
        briar,
        world.member(ashfield, person.email, "School_Named", given_name="Lou"),
        world.member(briar, person.email, "School_Named", given_name="Lou"),
        world.member(ashfield, "ann@ashfield.example", approver=True, given_name="Ann"),
        world.member(briar, "bea@briar.example", approver=True, given_name="Bea"),
    )


def of_operator(account: Account) -> Actor:
    return Actor("person", account.subject, account.name)


def decide(lost: Lost, approver: Membership, organisation: Organisation | None = None) -> None:
    actions.decide(
        lost.account,
        world.acting(approver),
        organisation=organisation or lost.ashfield,
        checked=ALL_CHECKS,
    )


def password_page(app: Flask, person: Person) -> Page:
    """The page after the password, in a browser that nobody knows."""
    page = Walker(app.test_client()).get("/sign-in")
    return page.submit(email=person.email, password=person.password)


def no_second_step(app: Flask, person: Person) -> Page:
    page = password_page(app, person)
    if "/no-second-step" in page.address:
        return page
    return page.walker.get(page.link("I have none of these"))


def link_of(template: str, recipient: str) -> str | None:
    """The path of the newest link in the mails of a template to that address."""
    texts = [text for to, text in world.mails(template) if to == recipient]
    found = re.findall(r"http://localhost:8000(/[\w-]+/[\w-]{20,})\n", texts[-1]) if texts else []
    return found[0] if found else None


def opening_link(person: Person) -> str | None:
    return link_of("recovery/second_step_link", person.email)


def secret_on(page: Page) -> str:
    """The secret that the set-up page of an authenticator app shows."""
    return "".join(page.html.partition('<code class="sa-key">')[2].partition("<")[0].split())


def set_up_app(page: Page) -> tuple[Page, str]:
    """Answer the set-up page with the code of the secret that it shows; return that too."""
    secret = secret_on(page)
    return page.submit(code=pyotp.TOTP(secret).now()), secret


def passkey_page(app: Flask, person: Person) -> Page:
    """The page after the link and the password, which offers a passkey first."""
    link = opening_link(person)
    assert link is not None
    return Walker(app.test_client()).get(link).submit(password=person.password)


def app_page(page: Page) -> Page:
    """The page of the authenticator app beside that of the passkey."""
    return page.walker.get(page.link("Use an authenticator app instead"))


def use_link(app: Flask, person: Person) -> Page:
    """The whole way from the link to the recovery codes, with an authenticator app."""
    page, person.secret = set_up_app(app_page(passkey_page(app, person)))
    person.last_step = 0
    db.session.expire_all()
    return page
