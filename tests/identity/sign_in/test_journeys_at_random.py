"""Browsers at random through all posts of all journeys, in parallel threads.

Each browser is one person's and knows the passwords of all, but the codes of its own person alone.
After any requests, in any order and at the same moment, it holds a session of its own person or
none.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import db, writing
from app.identifiers import new_id, secret_hash
from approvals.settings import Settings
from approvals.terms.actions import publish
from identity.credentials import password
from identity.credentials.hashing import hash_password
from identity.sessions.cookies import BROWSER, SESSION, cookie_name
from identity.sessions.models import Session
from identity.sign_in.models import SignInJourney
from tests.conftest import REAL_COST
from tests.conftest import settings as make_settings
from tests.identity.conftest import audited
from tests.identity.people import Person, make_person

PEOPLE = 3
PAGES = ("/sign-in?next=/account", "/sign-in/confirm-it-is-you?next=/account", "/account/sessions")
POSTS = (
    "/sign-in",
    "/sign-in/code",
    "/sign-in/recovery-code",
    "/sign-in/confirm-it-is-you",
    "/sign-in/terms",
    "/sign-out",
)
Act = tuple[int, str, int, int, bool, bool]
ACTS = st.tuples(
    st.integers(0, PEOPLE - 1),
    st.sampled_from([*PAGES, *POSTS, *POSTS[:2], *POSTS[:2], *POSTS[:2]]),
    st.integers(0, PEOPLE - 1),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
)
"""A browser, a page or the address of a post, whose password, which of the newest journeys, whether
of any browser, and whether the device is to be remembered."""


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(
        database_url,
        mail_directory=tmp_path / "mail",
        **REAL_COST,
        wrong_codes_per_account=100,
        failures_per_network=10_000,
    )


@cache
def _hash(number: int) -> str:
    return hash_password(_password(number))


def _password(number: int) -> str:
    return f"plum kettle orbit {number}"


class Jar:
    """The cookies of one browser."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def keep(self, response: TestResponse) -> None:
        for line in response.headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]

    def secret(self, purpose: str) -> str:
        return secret_hash(self.cookies.get(cookie_name(purpose), ""))

    @property
    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)


def random_browsers(app: Flask, clock: time_machine.Traveller) -> type[RuleBasedStateMachine]:
    """Return the state machine; its steps run against the application."""

    class RandomBrowsers(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.people: list[Person] = []
            for number in range(PEOPLE):
                person = make_person(f"{new_id()}@school.example")
                with writing():
                    password.store(person.account_id, _hash(number))
                self.people.append(person)
            self.jars = [Jar() for _ in self.people]
            self.send([(number, PAGES[0], 0, 0, False, False) for number in range(PEOPLE)])

        @rule(acts=st.lists(ACTS, min_size=1, max_size=6))
        def send(self, acts: list[Act], later: int = 0) -> None:
            """Send the requests at the same moment; their cookies are taken afterwards.

            later: milliseconds by which the last one follows.
            """
            clock.shift(timedelta(seconds=60))
            codes = [person.code() for person in self.people]
            requests = [self._request(act, codes[act[0]]) for act in acts]
            with ThreadPoolExecutor(len(requests)) as pool:
                sent = [pool.submit(contextvars.Context().run, each) for each in requests[:-1]]
                time.sleep(later / 1000)
                sent.append(pool.submit(contextvars.Context().run, requests[-1]))
            for act, response in zip(acts, sent, strict=True):
                self.jars[act[0]].keep(response.result())

        @rule(
            number=st.integers(0, PEOPLE - 1),
            whose=st.integers(0, PEOPLE - 1),
            delay=st.integers(0, 40),
        )
        def race(self, number: int, whose: int, delay: int) -> None:
            """Send the code of a person to their journey while another password is checked in it.

            delay: milliseconds between the two.
            """
            here = (0, False, False)
            self.send([(number, "/sign-out", number, *here)])
            self.send([(number, PAGES[0], number, *here)])
            self.send([(number, "/sign-in", number, *here)])
            acts = [(number, "/sign-in", whose, *here), (number, "/sign-in/code", number, *here)]
            self.send(acts, later=delay)

        def _request(self, act: Act, code: str) -> Callable[[], TestResponse]:
            number, address, whose, which, of_any, remember = act
            jar, client = self.jars[number], app.test_client(use_cookies=False)
            headers = {"Cookie": jar.header}
            if address in PAGES:
                return lambda: client.get(address, headers=headers)
            journeys = select(SignInJourney.public_id).order_by(SignInJourney.id.desc()).limit(3)
            if not of_any:
                journeys = journeys.where(SignInJourney.browser_hash == jar.secret(BROWSER))
            found = [*db.session.scalars(journeys), "none"]
            db.session.rollback()
            target = f"{address}?journey={found[min(which, len(found) - 1)]}"
            data = {"email": self.people[whose].email, "password": _password(whose), "code": code}
            data |= {"remember": "yes"} if remember else {}
            return lambda: client.post(target, data=data, headers=headers)

        @invariant()
        def browsers_hold_sessions_of_their_own_person_only(self) -> None:
            for number, jar in enumerate(getattr(self, "jars", ())):
                session = db.session.scalar(
                    select(Session).where(
                        Session.token_hash == jar.secret(SESSION), Session.ended_at.is_(None)
                    )
                )
                if session is not None:
                    assert session.account_id == self.people[number].account_id
            db.session.rollback()

    return RandomBrowsers


def test_session_is_only_of_the_person_who_proved_every_factor_in_it(
    app: Flask, clock: time_machine.Traveller
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # forms of other browsers are tests of their own
    publish("Use it kindly.", service=None, accept_again=True)
    run_state_machine_as_test(
        random_browsers(app, clock),
        settings=settings(
            max_examples=8,
            stateful_step_count=10,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    levels = {row["acr"].rpartition(":")[2] for row in audited("sign_in.succeeded")}
    assert "aal2" in levels
