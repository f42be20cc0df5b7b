"""A database of the release before dated suspensions and London days keeps its answers."""

from datetime import UTC, date, datetime, timedelta

from flask import Flask
from sqlalchemy import delete, select

from app.actors import SYSTEM
from app.audit import AuditEvent
from app.clock import end_of_day
from app.database import db, writing
from app.database.schema import downgrade, upgrade
from approvals.memberships.actions import remove_member
from approvals.memberships.models import Grant, Membership, MembershipSuspension
from approvals.pending_decisions.decisions import DecisionKind, Ending, end
from identity.accounts.models import Account, Suspension
from identity.administration import suspension
from identity.oidc.client_administration import actions as clients
from identity.oidc.models import ClientPeriod
from tests.approvals import world as members
from tests.approvals.decision import world
from tests.identity.oidc.relying_party import register

SUMMER = date(datetime.now(UTC).year + 1, 7, 1)


def _upgraded() -> None:
    db.session.remove()
    downgrade(revision="0009")
    upgrade()


def test_upgrade_moves_ends_ahead_to_midnight_in_london_as_new_rows(app: Flask) -> None:
    elm = world.organisation("Elm School", urn="100001")
    public_id = elm.public_id
    ada = world.member(world.person(), elm)
    summer_end = datetime(SUMMER.year, 7, 2, tzinfo=UTC)
    winter_end = datetime(SUMMER.year, 12, 2, tzinfo=UTC)
    past_end = datetime(2026, 7, 2, tzinfo=UTC)
    world.grant(ada, "School_Named", until=summer_end)
    world.grant(ada, "School_Anon", until=winter_end)
    world.grant(ada, "School_Governor", until=past_end)
    _upgraded()
    rows = db.session.scalars(select(Grant).order_by(Grant.id)).all()
    assert [row.user_group for row in rows] == [
        "School_Named",
        "School_Anon",
        "School_Governor",
        "School_Named",
    ]
    closed, winter, past, moved = rows
    assert (winter.valid_to, past.valid_to) == (winter_end, past_end)
    assert moved.valid_to == end_of_day(SUMMER)
    assert moved.valid_from == closed.valid_to
    assert moved.given_by == closed.given_by
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.event == "access.end_moved")
    ).one()
    assert event.organisation == public_id
    _upgraded()
    assert len(db.session.scalars(select(Grant)).all()) == 4


def test_upgrade_copies_access_that_resets_closed_and_names_who_ended_memberships(
    app: Flask,
) -> None:
    school = members.school()
    ann = members.member(school, "ann@ashfield.example", approver=True)
    waiting = members.member(school, "bob@ashfield.example", "School_Named")
    agreed = members.member(school, "cal@ashfield.example", "School_Named")
    removed = members.member(school, "dee@ashfield.example", "School_Named")
    kind = DecisionKind("access_after_reset", undecided=None)
    with writing():
        for person in (waiting, agreed, removed):
            kind.file(person.account_id or 0, organisation_id=school.id, asked_by=SYSTEM)
        decision = kind.open_about(agreed.account_id or 0, school.id)
        assert decision is not None
        assert end(decision, Ending.IN_EFFECT, members.acting(ann))
    remove_member(removed, actor=members.acting(ann))
    members.invited(school, "dee@ashfield.example", "School_Anon")
    keys, ann_subject = [each.id for each in (waiting, agreed, removed)], members.who(ann).subject
    db.session.remove()
    downgrade(revision="0038")
    upgrade()
    rows = db.session.scalars(
        select(MembershipSuspension).order_by(MembershipSuspension.membership_id)
    ).all()
    assert [(row.membership_id, row.kind) for row in rows] == [(key, "reset") for key in keys]
    assert [row.valid_to is None for row in rows] == [True, False, True]
    assert rows[1].ended_by == ann_subject
    first, second, third = [db.session.get_one(Membership, key) for key in keys]
    assert first.suspended_at == rows[0].valid_from
    assert second.suspended_at is None
    assert third.ended_by == ann_subject
    assert third.undo_until is None


def test_upgrade_reads_past_suspensions_from_the_audit(app: Flask) -> None:
    ada, bob = world.person(), world.person("Bob Young")
    for account in (ada, bob, ada):
        suspension.suspend(account, actor=SYSTEM)
        if account is ada:
            suspension.restore(account, actor=SYSTEM)
    before = _spells()
    with writing() as session:
        session.execute(delete(Suspension))
    _upgraded()
    after = _spells()
    assert [row[0] for row in after] == [row[0] for row in before]
    assert [row[2] is None for row in after] == [row[2] is None for row in before]
    for old, new in zip(before, after, strict=True):
        assert abs(old[1] - new[1]) < timedelta(seconds=1)


def _spells() -> list[tuple[str, datetime, datetime | None]]:
    rows = db.session.execute(
        select(Account.email, Suspension.valid_from, Suspension.valid_to)
        .join(Suspension, Suspension.account_id == Account.id)
        .order_by(Account.email, Suspension.valid_from)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def test_upgrade_reads_the_states_of_clients_from_the_audit(app: Flask) -> None:
    world.load_school_performance()
    client_id = register(client_name="Results", service="school_performance")["client_id"]
    other = register(client_name="Other", service="school_performance")["client_id"]
    clients.disable(client_id)
    clients.enable(client_id)
    clients.disable(other)
    before = _periods()
    with writing() as session:
        session.execute(delete(ClientPeriod))
    _upgraded()
    assert [row[:3] for row in _periods()] == [row[:3] for row in before]


def _periods() -> list[tuple[int, str | None, bool, bool]]:
    rows = db.session.scalars(
        select(ClientPeriod).order_by(ClientPeriod.client_id, ClientPeriod.valid_from)
    )
    return [(row.client_id, row.service, row.enabled, row.valid_to is None) for row in rows]
