"""The time of a refused sign-in tells nothing (LG-02).

The measure is the processor time of the process that answers: other programs of the machine do not
count in it, and with SQLite the database's own work does. Samples are interleaved, each round
beginning with another address, so that whatever changes in the meantime meets all alike. That
PostgreSQL is asked the same for everybody shows in the statements.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event

from app.actors import Actor
from app.database import db, writing
from app.database.compiled import DialectStatement
from approvals.settings import Settings
from identity.accounts import invitations
from identity.accounts.models import Account
from identity.administration import suspension
from identity.email_address import EmailAddress
from identity.sign_in.models import AttemptBucket
from tests.closed_accounts import close
from tests.conftest import REAL_COST, settings
from tests.identity.people import Person, make_person
from tests.identity.walking import PageForm, Walker

SAMPLES = 300
NEAR = 0.005
CHANCE = 0.01
ROUNDS = 3


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with the real cost of a password's hash: the time of a sign-in is compared."""
    return settings(database_url, mail_directory=tmp_path / "mail", **REAL_COST)


@pytest.fixture
def addresses(person: Person) -> dict[str, str]:
    suspended = make_person("grace@school.example", "Grace", "Hopper")
    suspension.suspend(suspended.account, actor=Actor.command("test"))
    with writing() as session:
        invitations.invite(
            EmailAddress.parse("new@school.example"),
            "N",
            "N",
            invited_by="A",
            sender="",
            organisation_name="O",
        )
        session.add(
            Account(
                email="sso@school.example",
                email_key="sso@school.example",
                given_name="Without",
                family_name="Password",
                joined_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        )
    return {
        "known": person.email,
        "unknown": "nobody@school.example",
        "suspended": suspended.email,
        "invited": "new@school.example",
        "without a password": "sso@school.example",
    }


class Guesser:
    """One browser with one form; a guess is refused like any other's."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.form: PageForm = Walker(self.client).get("/sign-in").form()

    def guess(self, email: str) -> None:
        data = {**self.form.values, "email": email, "password": "wrong wrong wrong"}
        answer = self.client.post(self.form.action, data=data)
        assert answer.status_code == 303

    def time_of(self, email: str) -> float:
        begun = time.process_time()
        self.guess(email)
        return time.process_time() - begun


def _forget_guesses() -> None:
    """A try that has to wait is answered unheard: each sample must be a try that is heard."""
    with writing() as session:
        session.execute(delete(AttemptBucket))


def _measured(app: Flask, addresses: Sequence[str]) -> dict[str, list[float]]:
    guesser, times = Guesser(app), {email: list[float]() for email in addresses}
    for sample in range(SAMPLES):
        _forget_guesses()
        for number in range(len(addresses)):
            email = addresses[(sample + number) % len(addresses)]
            times[email].append(guesser.time_of(email))
    return times


def two_sided_p(one: Sequence[float], other: Sequence[float]) -> float:
    """Mann and Whitney's test by the normal approximation, which serves from 20 samples on."""
    ranked = sorted([(value, True) for value in one] + [(value, False) for value in other])
    ranks = sum(rank for rank, (_, of_one) in enumerate(ranked, start=1) if of_one)
    both = len(one) * len(other)
    u = ranks - len(one) * (len(one) + 1) / 2
    deviation = math.sqrt(both * (len(one) + len(other) + 1) / 12)
    return math.erfc(abs(u - both / 2) / deviation / math.sqrt(2))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_LG_02_sign_in_takes_the_same_time_for_every_address(
    app: Flask, addresses: dict[str, str]
) -> None:
    """Of four honest comparisons one in 25 rounds looks unlike by chance; a difference in the work
    does so each time.
    """
    chances: list[float] = []
    for _ in range(ROUNDS):
        times = _measured(app, list(addresses.values()))
        medians = [statistics.median(found) for found in times.values()]
        assert max(medians) - min(medians) < NEAR
        known, *others = times.values()
        chances = [two_sided_p(known, other) for other in others]
        if min(chances) > CHANCE:
            return
    raise AssertionError(chances)


def test_LG_02_sign_in_runs_the_same_statements_for_every_address(
    app: Flask, addresses: dict[str, str]
) -> None:
    closed = make_person("joan@school.example", "Joan", "Clarke")
    close(closed)
    addresses["closed"] = closed.email
    guesser, asked = Guesser(app), dict[str, list[str]]()
    guesser.guess("first@school.example")
    for name, email in addresses.items():
        _forget_guesses()
        with _statements() as heard:
            guesser.guess(email)
        asked[name] = heard
    assert len(asked["known"]) > 10
    assert {name for name, heard in asked.items() if heard != asked["known"]} == set()


@contextmanager
def _statements() -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    def hear_compiled(
        statement: DialectStatement, values: Mapping[str, object]
    ) -> tuple[str, object]:
        heard.append(statement.text)
        return bind(statement, values)

    bind = DialectStatement.bind
    event.listen(db.engine, "before_cursor_execute", hear)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DialectStatement, "bind", hear_compiled)
        yield heard
    event.remove(db.engine, "before_cursor_execute", hear)


def test_comparison_of_times_finds_real_differences_only() -> None:
    some = [number % 17 + number / 1000 for number in range(300)]
    assert two_sided_p(some, some[::-1]) > 0.9
    assert two_sided_p(some, [value + 2 for value in some]) < CHANCE
