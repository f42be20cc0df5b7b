"""Last uses of access: noted from the audit, shown and counted in lists."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.schema import downgrade, upgrade
from approvals.memberships import last_uses, queries
from approvals.memberships.member_filters import MemberFilters
from approvals.memberships.models import LastUse, Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from tests.approvals import world
from tests.races import race

DAY = timedelta(days=1)


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return _joined(world.member(school, "bob@ashfield.example", "School_Named"), 200)


def _joined(person: Membership, days_ago: int) -> Membership:
    with writing():
        person.joined_at = now() - days_ago * DAY
    return person


def _signed_in(person: Membership, days_ago: int) -> Membership:
    with writing():
        world.who(person).last_signed_in_at = now() - days_ago * DAY
    return person


def _enter(person: Membership, where: Organisation, days_ago: float) -> datetime:
    at = now() - days_ago * DAY
    with time_machine.travel(at, tick=False), writing():
        record(
            "service.entered",
            subject=world.who(person).subject,
            organisation=where.public_id,
            service=world.SERVICE,
            client="client",
            scope="openid",
            grant="grant",
        )
    return at


def _noted() -> dict[tuple[str, str], datetime]:
    """Return the noted moments by address and organisation."""
    rows = db.session.execute(
        select(Account.email, Organisation.name, LastUse.at)
        .join(Account, Account.id == LastUse.account_id)
        .join(Organisation, Organisation.id == LastUse.organisation_id)
    ).all()
    db.session.rollback()
    return {(email, name): at for email, name, at in rows}


def _listed(school: Organisation, filters: MemberFilters) -> list[str]:
    found = queries.people(school.id, filters, now(), page=1)
    counted = queries.count_each(school.id, {"": filters}, now())[""]
    assert counted == found.total == len(found.rows)
    return [row.membership.given_name for row in found.rows]


def test_last_entry_of_each_person_and_organisation_is_noted(
    school: Organisation, bob: Membership
) -> None:
    other = world.school("Elm School", "100002")
    ann = world.member(other, "ann@elm.example")
    _enter(bob, school, 9)
    latest = _enter(bob, school, 3)
    elsewhere = _enter(bob, other, 2)
    hers = _enter(ann, other, 5)
    last_uses.note_entries()
    assert _noted() == {
        (bob.email, school.name): latest,
        (bob.email, other.name): elsewhere,
        (ann.email, other.name): hers,
    }


def test_entries_since_the_last_noted_one_are_noted(school: Organisation, bob: Membership) -> None:
    _enter(bob, school, 3)
    last_uses.note_entries()
    latest = _enter(bob, school, 1)
    last_uses.note_entries()
    last_uses.note_entries()
    assert _noted() == {(bob.email, school.name): latest}


def test_entry_that_was_committed_late_is_noted(school: Organisation, bob: Membership) -> None:
    ann = world.member(school, "ann@ashfield.example")
    _enter(ann, school, 1)
    last_uses.note_entries()
    late = _enter(bob, school, 1 + 0.5 / 24)
    last_uses.note_entries()
    assert _noted()[bob.email, school.name] == late


def test_upgrade_notes_the_entries_of_the_audit(school: Organisation, bob: Membership) -> None:
    _enter(bob, school, 9)
    latest = _enter(bob, school, 3)
    noted = {(bob.email, school.name): latest}
    db.session.remove()
    downgrade(revision="0052")
    upgrade()
    assert _noted() == noted


def test_entries_are_noted_by_many_workers_at_once(
    app: Flask, school: Organisation, bob: Membership
) -> None:
    latest = _enter(bob, school, 1)
    race(app, lambda _number: last_uses.note_entries())
    assert _noted() == {(bob.email, school.name): latest}


def test_list_finds_people_who_were_not_here_for_90_days(
    school: Organisation, bob: Membership
) -> None:
    other = world.school("Elm School", "100002")
    cal = _joined(world.member(school, "cal@ashfield.example", given_name="Cal"), 200)
    _joined(world.member(school, "dee@ashfield.example", given_name="Dee"), 80)
    eve = _joined(world.member(school, "eve@ashfield.example", given_name="Eve"), 200)
    _enter(bob, school, 89)
    _enter(cal, school, 91)
    _signed_in(cal, 1)
    _enter(cal, other, 1)
    last_uses.note_entries()
    assert _listed(school, MemberFilters(status="dormant")) == ["Cal", "Eve"]
    _enter(eve, school, 0)
    last_uses.note_entries()
    assert _listed(school, MemberFilters(status="dormant")) == ["Cal"]


def test_sign_in_of_an_approver_counts_as_being_here(school: Organisation, bob: Membership) -> None:
    ann = _joined(world.member(school, "ann@ashfield.example", approver=True), 200)
    _signed_in(ann, 1)
    _signed_in(bob, 1)
    assert _listed(school, MemberFilters(status="dormant")) == [bob.given_name]


def test_list_shows_the_last_time_here(school: Organisation, bob: Membership) -> None:
    _enter(bob, school, 9)
    used = _enter(bob, school, 5)
    _signed_in(bob, 1)
    last_uses.note_entries()
    (row,) = queries.people(school.id, MemberFilters(), now(), page=1).rows
    assert row.last_here_at == used


def test_list_is_sorted_by_the_last_time_here(school: Organisation, bob: Membership) -> None:
    cal = world.member(school, "cal@ashfield.example", given_name="Cal")
    dee = world.member(school, "dee@ashfield.example", given_name="Dee", approver=True)
    world.member(school, "eve@ashfield.example", given_name="Eve")
    _enter(bob, school, 5)
    _enter(cal, school, 2)
    _signed_in(dee, 3)
    last_uses.note_entries()
    assert _listed(school, MemberFilters(sort="last_here")) == [
        "Cal",
        "Dee",
        bob.given_name,
        "Eve",
    ]
