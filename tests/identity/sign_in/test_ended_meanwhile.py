"""Sign-ins whose access is ended by another request while their own is under way."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.database import writing
from identity.access_termination import end_access
from tests.identity.people import Person
from tests.identity.walking import Walker
from tests.races import THREADS, copied, race


def test_password_that_is_checked_while_access_ends_is_answered_without_failure(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    page = Walker(client).get("/sign-in")
    form = page.form("/sign-in")
    page.submit(email=person.email, password=person.password)
    posted = {**form.values, "email": person.email, "password": person.password}
    walkers = [Walker(copied(client)) for _ in range(THREADS)]

    def act(number: int) -> int:
        if number % 8 == 0:
            with writing():
                end_access(person.account_id, cause="not me")
            return 200
        return walkers[number].post(form.action, posted).status

    # 409: the journey was deleted while the password was checked. 429: many tries at once.
    assert set(race(app, act)) <= {200, 409, 429}
