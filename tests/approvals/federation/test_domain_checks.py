"""Proven domains are checked again; one whose record is gone for days leads nobody elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db
from identity.settings import settings
from identity.upstream import connections, dns_proof, domain_checks, domains
from identity.upstream.domain_checks import AGAIN, EVERY
from identity.upstream.models import Connection, Domain
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, prove
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.people import to_provider
from tests.identity.walking import Walker
from tests.races import THREADS, race

RECORD = dns_proof.record_name(DOMAIN)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def proven(clock: time_machine.Traveller, trusted: Connection) -> Connection:
    world.operator()
    check()
    return trusted


def check() -> bool:
    """Check the domain that is due, without the thread; return whether one was."""
    due = domain_checks.claim_due(now())
    if due is not None:
        domain_checks.store_result(due, domain_checks.look_up(due), now())
    db.session.rollback()
    return due is not None


def domain() -> Domain:
    db.session.rollback()
    return db.session.scalars(select(Domain).where(Domain.domain == DOMAIN)).one()


def grace() -> timedelta:
    return timedelta(days=settings().domain_grace_days)


def test_published_domain_is_checked_once_a_day(
    proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    assert not check()
    clock.shift(EVERY - timedelta(seconds=1))
    assert not check()
    clock.shift(timedelta(seconds=1))
    name_server.asked.clear()
    assert check()
    assert name_server.asked == [RECORD]
    assert domain().missing_since is None
    assert world.mails("federation/domain_record_gone") == []


def test_missing_record_is_mailed_to_operators_once_and_changes_nothing_at_first(
    proven: Connection,
    clock: time_machine.Traveller,
    name_server: NameServer,
    client: FlaskClient,
) -> None:
    name_server.records.clear()
    for wait in (EVERY, AGAIN, AGAIN):
        clock.shift(wait)
        assert check()
    ((to, text),) = world.mails("federation/domain_record_gone")
    assert to == "olive@operators.example"
    assert "The TXT record that proves melfield. example for Melfield account" in text
    assert f"/ops/sign-ins/{proven.public_id}" in text
    assert len(world.audited("upstream.domain_missing")) == 1
    assert domain().proven_at is not None
    to_provider(client)


def test_domain_whose_record_stays_gone_leads_nobody_to_the_provider(
    proven: Connection,
    clock: time_machine.Traveller,
    name_server: NameServer,
    client: FlaskClient,
) -> None:
    name_server.records.clear()
    clock.shift(EVERY)
    check()
    clock.shift(grace() - timedelta(seconds=1))
    check()
    assert domain().proven_at is not None
    clock.shift(AGAIN)
    check()
    assert domain().proven_at is None
    assert len(world.audited("upstream.domain_lapsed")) == 1
    assert (
        "no longer sent to Melfield account" in world.mails("federation/domain_record_gone")[-1][1]
    )
    page = Walker(client).get("/sign-in")
    page = page.submit("sign-in", button="organisation", email=f"grace@{DOMAIN}")
    assert page.heading == "Sign in"
    clock.shift(EVERY)
    assert not check(), "an unproven domain is not checked"


def test_record_that_is_published_again_ends_the_wait(
    proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    records = dict(name_server.records)
    name_server.records.clear()
    clock.shift(EVERY)
    check()
    name_server.records.update(records)
    clock.shift(AGAIN)
    check()
    assert domain().missing_since is None
    assert len(world.audited("upstream.domain_found")) == 1
    name_server.records.clear()
    clock.shift(grace() + EVERY)
    check()
    assert domain().proven_at is not None, "the days are counted anew"


def test_failing_name_servers_change_nothing_for_however_long(
    proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    name_server.fails = True
    for _ in range(3):
        clock.shift(grace())
        assert check()
    assert domain().proven_at is not None
    assert domain().missing_since is None
    assert world.mails("federation/domain_record_gone") == []


def test_one_wrong_answer_after_the_days_of_a_wait_without_answers_is_the_second_one(
    proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    name_server.records.clear()
    clock.shift(EVERY)
    check()
    name_server.fails = True
    clock.shift(grace())
    check()
    assert domain().proven_at is not None, "no answer is no answer"
    name_server.fails = False
    clock.shift(AGAIN)
    check()
    assert domain().proven_at is None


def test_lapsed_domain_is_proven_again(
    proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    name_server.records.clear()
    for wait in (EVERY, grace()):
        clock.shift(wait)
        check()
    prove(proven, name_server)
    assert domain().proven_at is not None
    domains.remove(domain())


def test_domain_of_a_connection_that_is_switched_off_is_not_checked(
    proven: Connection, clock: time_machine.Traveller
) -> None:
    connections.switch_off(proven)
    clock.shift(EVERY)
    assert not check()


def test_forty_workers_claim_a_check_once(
    app: Flask, proven: Connection, clock: time_machine.Traveller
) -> None:
    clock.shift(EVERY)
    at = now()
    claimed = race(app, lambda _number: domain_checks.claim_due(at))
    assert len(claimed) == THREADS
    assert len([each for each in claimed if each is not None]) == 1


def test_job_of_the_worker_checks_without_waiting(
    app: Flask, proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    name_server.records.clear()
    clock.shift(EVERY)
    assert domain_checks.check_due(), "a check is under way"
    while domain_checks.finish():
        pass
    assert domain().missing_since == now()


def test_page_of_the_connection_shows_that_the_record_is_gone(
    app: Flask, proven: Connection, clock: time_machine.Traveller, name_server: NameServer
) -> None:
    name_server.records.clear()
    clock.shift(EVERY)
    check()
    page = world.browser(app, world.operator("otto@operators.example")).get(
        f"/ops/sign-ins/{proven.public_id}"
    )
    assert "Its DNS record is gone since 24 November 2026" in page.text
