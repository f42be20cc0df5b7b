"""People for tests: made through the product's own actions, signed in through its own pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import pyotp
from flask.testing import FlaskClient

from app.clock import now
from app.database import db, writing
from identity.accounts.models import Account
from identity.credentials import password, totp
from identity.credentials.hashing import hash_password
from identity.email_address import EmailAddress
from identity.sessions.browser import Browser
from identity.settings import settings
from tests.identity.walking import Page, Walker

PASSWORD = "plum kettle orbit lane"
NEW_BROWSER = Browser(
    "192.0.2.7", "Firefox/140.0", secret_hash=None, device_hash=None, session=None
)


@dataclass
class Person:
    """Secrets of the person. Each code serves once: `code` never gives one twice."""

    email: str
    subject: str
    account_id: int
    secret: str
    password: str = PASSWORD
    last_step: int = 0

    def code(self) -> str:
        """A code that the provider has not seen: of the present step, or of the next.

        Not of the one before: while the code is under way a step may pass.
        """
        present = int(now().timestamp()) // 30
        step = max(present, self.last_step + 1)
        assert step <= present + 1, "let time pass before the next code"
        self.last_step = step
        return pyotp.TOTP(self.secret).generate_otp(step)

    @property
    def account(self) -> Account:
        return db.session.get_one(Account, self.account_id, populate_existing=True)


@lru_cache(maxsize=4)
def _secret(email: str) -> str:
    return pyotp.random_base32()


def _password_hash() -> str:
    return _hash_of_cost(settings().password_memory_kib, settings().password_passes)


@lru_cache(maxsize=4)
def _hash_of_cost(_memory_kib: int, _passes: int) -> str:
    return hash_password(PASSWORD)


def make_person(
    email: str = "ada@school.example", given_name: str = "Ada", family_name: str = "Byron"
) -> Person:
    """Somebody who joined some time ago, with password and authenticator app."""
    with writing() as session:
        account = Account(
            email=email,
            email_key=EmailAddress.parse(email).key,
            given_name=given_name,
            family_name=family_name,
            joined_at=datetime(2020, 1, 1, tzinfo=UTC),
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
        )
        session.add(account)
        session.flush()
        secret = _secret(email)
        password.store(account.id, _password_hash())
        totp.store(account.id, totp.seal(secret), 0)
        return Person(account.email, account.subject, account.id, secret)


def sign_in(client: FlaskClient, person: Person, start: str = "/sign-in") -> Page:
    """Through the pages, as the person does; the page that comes after them."""
    walker = Walker(client)
    page = walker.get(start)
    page = page.submit(email=person.email, password=person.password)
    assert "/sign-in/code" in page.address, page.text
    return page.submit(code=person.code())
