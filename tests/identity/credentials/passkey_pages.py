"""Pages with passkeys, answered by an authenticator in Python."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from identity.credentials import passkeys
from identity.credentials.webauthn_ceremonies import check_registration, creation_options
from tests.identity.conftest import Post
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.people import Person
from tests.identity.walking import Page, Walker

WITH_PASSKEY = "/sign-in/with-passkey"


def options_on(page: Page) -> dict[str, Any]:
    """The options of the ceremony that the page's form offers."""
    found = re.search(r'data-options="([^"]+)"', page.html)
    assert found is not None, page.text
    options: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return options


def add_passkey(person: Person, authenticator: Authenticator | None = None) -> Authenticator:
    """Store a passkey of the person, as its page would."""
    made = authenticator or Authenticator()
    challenge = "c" * 43
    with writing():
        handle = passkeys.handle_of(person.account_id)
        options = creation_options(challenge, handle, person.email, "Ada", [])
        credential = check_registration(made.create(options), challenge)
        assert passkeys.store(person.account_id, credential, f"Key of {now():%B}") is not None
    return made


def sign_in_with(
    client: FlaskClient, authenticator: Authenticator, start: str = "/sign-in?next=/account"
) -> Page:
    """The page after a sign-in with a passkey alone."""
    page = Walker(client).get(start)
    return page.submit(WITH_PASSKEY, assertion=authenticator.get(options_on(page)))


def not_me_link(post: Post, email: str) -> str:
    """The path of the link in the newest mail to that address."""
    found = re.search(r"http://localhost:8000(/not-me/\S+)", post.to(email)[-1])
    assert found is not None
    return found.group(1)
