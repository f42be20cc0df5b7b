"""The table of pending decisions: each step is a claim, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.actors import Actor
from app.clock import now
from app.database import db, writing
from approvals.pending_decisions.decisions import (
    Agreement,
    DecisionKind,
    Ending,
    agree,
    end,
    postpone,
)
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from tests.approvals import world
from tests.races import THREADS, race

KIND = DecisionKind("test", undecided=timedelta(days=1))
LATER = timedelta(hours=2)


@pytest.fixture
def ada(app: Flask) -> Account:
    return world.account("ada@ashfield.example")


def person(name: str) -> Actor:
    return Actor("person", name, name.title())


def file(account: Account) -> PendingDecision:
    with writing():
        found = KIND.file(account.id, asked_by=person("asker"))
    assert found is not None
    return found


def agreed(decision: PendingDecision, decider: str, deciders: int = 1) -> Agreement:
    with writing():
        return agree(
            decision, person(decider), deciders=deciders, takes_effect_at=now(), details={}
        )


def current(decision: PendingDecision) -> PendingDecision:
    db.session.rollback()
    return db.session.get_one(PendingDecision, decision.id, populate_existing=True)


def test_request_about_a_person_is_open_once(ada: Account) -> None:
    file(ada)
    with writing():
        assert KIND.file(ada.id, asked_by=person("other")) is None


def test_request_can_be_filed_again_after_the_end_of_the_first(ada: Account) -> None:
    first = file(ada)
    with writing():
        assert end(first, Ending.REFUSED, person("decider"))
    assert file(ada).id != first.id


def test_request_without_a_decision_ends_with_its_time(ada: Account) -> None:
    first = file(ada)
    with writing():
        db.session.get_one(PendingDecision, first.id).undecided_until = now()
    assert KIND.open_about(ada.id) is None
    assert agreed(first, "decider") is Agreement.TOO_LATE
    assert file(ada).id != first.id
    assert current(first).ending == "expired"


def test_asker_decides_nothing(ada: Account) -> None:
    request = file(ada)
    assert agreed(request, "asker") is Agreement.TOO_LATE
    assert agreed(request, "asker", deciders=2) is Agreement.TOO_LATE


def test_decision_of_two_needs_two_people(ada: Account) -> None:
    request = file(ada)
    assert agreed(request, "first", deciders=2) is Agreement.FIRST_OF_TWO
    assert agreed(request, "first", deciders=2) is Agreement.TOO_LATE
    assert agreed(request, "second", deciders=2) is Agreement.DECIDED
    row = current(request)
    assert (row.first_agreed_by, row.decided_by) == ("first", "second")


def test_decided_request_is_decided_once(ada: Account) -> None:
    request = file(ada)
    assert agreed(request, "first") is Agreement.DECIDED
    assert agreed(request, "second") is Agreement.TOO_LATE


ENDINGS = (Ending.REFUSED, Ending.STOPPED, Ending.IN_EFFECT)


def test_forty_endings_at_once_end_it_once(app: Flask, ada: Account) -> None:
    key = file(ada).id

    def act(number: int) -> bool:
        with writing() as session:
            request = session.get_one(PendingDecision, key)
            return end(request, ENDINGS[number % 3], person("decider"))

    assert race(app, act).count(True) == 1


def test_forty_agreements_at_once_decide_it_once(app: Flask, ada: Account) -> None:
    key = file(ada).id

    def act(number: int) -> Agreement:
        return agreed(db.session.get_one(PendingDecision, key), f"decider {number}")

    outcomes = race(app, act)
    assert outcomes.count(Agreement.DECIDED) == 1
    assert outcomes.count(Agreement.TOO_LATE) == THREADS - 1


def test_forty_requests_at_once_file_one(app: Flask, ada: Account) -> None:
    key = ada.id

    def act(_: int) -> bool:
        with writing():
            return KIND.file(key, asked_by=person("asker")) is not None

    assert race(app, act).count(True) == 1


def test_postponed_decision_is_due_later(ada: Account) -> None:
    request = file(ada)
    agreed(request, "decider")
    moment: datetime = now()
    assert [each.id for each in KIND.due(moment)] == [request.id]
    with writing():
        assert postpone(request, moment + LATER)
    assert list(KIND.due(moment)) == []
    assert [each.id for each in KIND.due(moment + LATER)] == [request.id]


def test_access_revision_rises_with_every_step(ada: Account) -> None:
    def revision() -> int:
        db.session.rollback()
        return db.session.get_one(Account, ada.id, populate_existing=True).access_revision

    seen = [revision()]
    request = file(ada)
    seen.append(revision())
    agreed(request, "decider")
    seen.append(revision())
    with writing():
        end(request, Ending.IN_EFFECT, person("worker"))
    seen.append(revision())
    assert seen == sorted(set(seen))
