"""Terms of use cannot be skipped, accepted for another or accepted in an old version."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import now
from app.database import db, writing
from approvals.terms.models import TermsAcceptance
from identity.accounts.models import Account
from identity.ports import approvals
from tests.approvals.decision import world
from tests.races import race

SERVICE = "school_performance"


@pytest.fixture
def ada(app: Flask) -> Account:
    world.load_school_performance()
    return world.person()


def waits(account: Account) -> bool:
    return bool(approvals().terms_due(account, SERVICE, now(), newly=False))


def accept(account: Account, *ids: str) -> None:
    with writing():
        approvals().accept_terms(account, ids, "sid", now())


def accepted() -> int:
    return len(db.session.scalars(select(TermsAcceptance.id)).all())


def test_PR_13_old_version_cannot_be_accepted(ada: Account) -> None:
    old = world.publish(SERVICE)
    world.publish(SERVICE)
    accept(ada, old)
    assert waits(ada)
    assert accepted() == 0


def test_PR_13_version_of_a_later_day_cannot_be_accepted(ada: Account) -> None:
    coming = world.publish(SERVICE, since=datetime(2999, 1, 1, tzinfo=UTC))
    accept(ada, coming)
    assert accepted() == 0


def test_PR_13_unknown_version_id_is_ignored(ada: Account) -> None:
    world.publish(SERVICE)
    accept(ada, "nothing", "' OR 1=1 --", "")
    assert waits(ada)
    assert accepted() == 0


def test_PR_13_terms_cannot_be_accepted_for_another_person(ada: Account) -> None:
    version = world.publish(SERVICE)
    bea = world.person("Bea Young")
    accept(ada, version)
    assert not waits(ada)
    assert waits(bea)


def test_PR_13_acceptance_counts_for_the_terms_of_its_service_only(ada: Account) -> None:
    other = world.publish("library")
    world.publish(SERVICE)
    accept(ada, other)
    assert waits(ada)


def test_PR_13_replayed_acceptance_changes_nothing(ada: Account, app: Flask) -> None:
    version = world.publish(SERVICE)
    account_id = ada.id

    def post(_: int) -> None:
        with writing():
            account = db.session.get_one(Account, account_id)
            approvals().accept_terms(account, [version], "sid", now())

    race(app, post)
    assert accepted() == 1
    events = select(AuditEvent.id).where(AuditEvent.event == "terms.accepted")
    assert len(db.session.scalars(events).all()) == 1


def test_PR_14_version_that_must_be_accepted_again_counts_at_once(ada: Account) -> None:
    accept(ada, world.publish(SERVICE))
    assert not waits(ada)
    world.publish(SERVICE)
    assert waits(ada)
