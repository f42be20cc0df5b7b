"""Suspending and restoring an account."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, sign_in
from tests.identity.walking import Walker


def _run(app: Flask, *words: str) -> str:
    result = app.test_cli_runner().invoke(args=["accounts", *words])
    return result.output


def test_suspension_ends_sessions_and_refuses_sign_in(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    sign_in(client, person)
    assert "suspended; all sessions have ended" in _run(app, "suspend", person.email.upper())
    assert Walker(client).get("/account").heading == "You need to sign in again"
    page = Walker(app.test_client()).get("/sign-in").submit(email=person.email, password=PASSWORD)
    assert "Your email address or password is incorrect." in page.text
    assert post.to(person.email)[-1].startswith("Your Secure Access account is suspended")
    assert audited("account.suspended")[0]["actor_kind"] == "command"


def test_restored_person_signs_in_again(app: Flask, person: Person) -> None:
    _run(app, "suspend", person.email)
    assert _run(app, "suspend", person.email).strip().endswith("suspended already.")
    assert _run(app, "restore", person.email).strip().endswith("restored.")
    assert sign_in(app.test_client(), person, "/account").heading == "Your account"


def test_suspend_command_refuses_an_address_without_an_account(app: Flask) -> None:
    assert "There is no account" in _run(app, "suspend", "nobody@school.example")
    assert "Enter an email address" in _run(app, "suspend", "nobody")
