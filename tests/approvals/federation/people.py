"""Grace, whose organisation has a provider of its own."""

from __future__ import annotations

import re

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from identity.accounts.models import Account
from identity.sessions.models import Session
from identity.upstream.models import Connection, Identity
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, visit
from tests.approvals.federation.peer import BrowserThere
from tests.identity.walking import Page, Walker

GRACE = f"grace@{DOMAIN}"


def link_of(email: str) -> str:
    found = re.search(
        r"http://localhost:8000(/invitation/\S+)", dict(world.mails("accounts/invitation"))[email]
    )
    assert found
    return found.group(1)


def code_on(page: Page) -> str:
    key = re.search(r'<code class="sa-key">([A-Z2-7 ]+)</code>', page.html)
    assert key
    return pyotp.TOTP(key.group(1).replace(" ", "")).generate_otp(int(now().timestamp()) // 30)


def linked(account: Account, connection: Connection, subject: str = "grace") -> Account:
    """The account, with an identity as joining links it."""
    with writing() as session:
        session.add(
            Identity(
                connection_id=connection.id,
                account_id=account.id,
                issuer=connection.issuer,
                subject=subject,
            )
        )
    return account


def sessions() -> list[Session]:
    """Sessions that have not ended."""
    db.session.expire_all()
    return list(db.session.scalars(select(Session).where(Session.ended_at.is_(None))))


def to_provider(client: FlaskClient, email: str = GRACE, start: str = "/sign-in") -> Page:
    """The page that leads to the provider of the address."""
    page = Walker(client).get(start).submit("sign-in", button="organisation", email=email)
    assert page.heading == "Sign in with Melfield account", page.text
    return page


def sign_in_elsewhere(
    client: FlaskClient, there: BrowserThere, login: str = "grace", *, amr: str = "", acr: str = ""
) -> Page:
    """Sign in by the button, at the provider; the page that comes after."""
    return visit(to_provider(client), there, login, amr=amr, acr=acr)


def join(app: Flask, there: BrowserThere, *, login: str = "grace", amr: str = "") -> Page:
    """Grace accepts her invitation with her organisation's account."""
    page = Walker(app.test_client()).get(link_of(GRACE))
    page = page.submit(button="organisation")
    page = visit(page, there, login, amr=amr)
    assert page.heading == "Check your account and name", page.text
    return page.submit()
