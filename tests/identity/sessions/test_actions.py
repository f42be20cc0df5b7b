"""Sessions begin and end as values, without a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.clock import now
from app.database import writing
from app.identifiers import secret_hash
from identity.sessions.actions import (
    StartedSession,
    claim_active,
    end_session,
    end_session_of,
    record_activity,
    start_session,
)
from identity.sessions.active_session import find_by_token, read_session
from identity.sessions.browser import Browser
from tests.identity.conftest import audited
from tests.identity.people import NEW_BROWSER, Person, make_person


def _start(person: Person, browser: Browser = NEW_BROWSER) -> StartedSession:
    return start_session(
        person.account,
        browser,
        amr=("pwd", "otp"),
        acr="two factors",
        known_device_id=None,
    )


def test_start_session_returns_the_token_whose_hash_is_stored(person: Person) -> None:
    started = _start(person)
    assert find_by_token(secret_hash(started.token)) == started.session
    assert (started.session.network, started.session.user_agent) == ("192.0.2.7", "Firefox/140.0")


def test_start_session_renews_a_session_of_the_same_person(person: Person) -> None:
    first = _start(person)
    second = _start(person, replace(NEW_BROWSER, session=first.session))
    assert second.session.id == first.session.id
    assert second.token != first.token
    assert not second.replaced_another


def test_start_session_ends_a_session_of_another_person(person: Person) -> None:
    first = _start(person)
    grace = make_person("grace@school.example", "Grace", "Hopper")
    second = _start(grace, replace(NEW_BROWSER, session=first.session))
    assert second.replaced_another
    assert second.session.account_id == grace.account_id
    assert read_session(first.session.id).ended_cause == "another person signed in"


def test_start_session_begins_another_in_place_of_a_session_that_has_ended(person: Person) -> None:
    first = _start(person).session
    end_session(first, cause="sign-out")
    # The browser as it was when its request arrived, before the other request ended the session.
    second = _start(person, replace(NEW_BROWSER, session=first)).session
    assert (second.id, second.sid) != (first.id, first.sid)
    assert second.ended_at is None
    assert read_session(first.id).ended_cause == "sign-out"


@pytest.mark.parametrize("is_activity", [True, False])
def test_claim_active_never_takes_back_activity_of_another_request(
    person: Person, is_activity: bool
) -> None:
    session = _start(person).session
    later = now() + timedelta(minutes=20)
    record_activity(session, later)
    with writing():
        assert claim_active(session, later, is_activity=is_activity).run()
    assert read_session(session.id).last_active_at == later


def test_start_session_stores_nothing_when_its_transaction_fails(person: Person) -> None:
    first = _start(person)

    def begin_and_fail() -> None:
        with writing():
            _start(person, replace(NEW_BROWSER, session=first.session))
            raise LookupError

    with pytest.raises(LookupError):
        begin_and_fail()
    assert find_by_token(secret_hash(first.token)) == first.session


@pytest.mark.parametrize("own", [True, False])
def test_end_session_of_records_which_session_the_person_ended(person: Person, own: bool) -> None:
    present, other = _start(person).session, _start(person).session
    ended = end_session_of(present, present.sid if own else other.sid)
    assert ended is not None
    assert [row["cause"] for row in audited("session.ended")] == [
        "sign-out" if own else "ended by the person"
    ]
    assert end_session_of(present, ended.sid) is None
