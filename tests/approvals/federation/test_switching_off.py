"""Switching off a provider that leaves organisations without an approver."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.clock import day_of, now
from app.database import db
from approvals.federation.cli import sign_ins_cli
from approvals.memberships import facts
from approvals.memberships.actions import name_stand_in, stop_approver
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.ports import LeavesWithoutApprover
from identity.upstream import connections
from identity.upstream.models import Connection
from tests.approvals import world
from tests.approvals.federation.people import GRACE, linked
from tests.races import race

MAIL = "console/no_approver_left"


@pytest.fixture
def grace(app: Flask, melfield: Organisation, trusted: Connection) -> Membership:
    """The only approver of the connection's school, who signs in by it."""
    member = world.member(melfield, GRACE, approver=True, given_name="Grace")
    linked(world.who(member), trusted)
    return member


def test_switching_off_names_the_organisation_and_changes_nothing(
    melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    with pytest.raises(LeavesWithoutApprover) as error:
        connections.switch_off(trusted)
    assert error.value.organisations == {melfield.public_id: melfield.name}
    db.session.refresh(trusted)
    assert trusted.switched_off_at is None
    assert facts.active_approvers(melfield.id).accounts == {grace.account_id}
    assert world.mails(MAIL) == []


def test_switching_off_tells_operators_and_the_approvers_of_the_parent(
    app: Flask, melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    olive = world.operator()
    connections.switch_off(trusted, accepted=[melfield.public_id])
    ((to, text),) = world.mails(MAIL)
    assert to == olive.email
    assert "switched off the sign-in with" in text
    assert melfield.name in text
    (event,) = world.audited("approver.none_left_after_switch_off")
    assert event.organisation == melfield.public_id
    assert facts.active_approvers(melfield.id).accounts == set()


def test_stand_in_does_not_count_as_an_approver_who_is_left(
    melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    sam = world.member(melfield, "sam@other.example")
    today = day_of(now())
    name_stand_in(
        sam, first_day=today, last_day=today + timedelta(days=3), actor=world.acting(grace)
    )
    with pytest.raises(LeavesWithoutApprover):
        connections.switch_off(trusted)


def test_two_approvers_by_the_same_connection_leave_none(
    melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    ivy = world.member(melfield, "ivy@melfield.example", approver=True)
    linked(world.who(ivy), trusted, "ivy")
    with pytest.raises(LeavesWithoutApprover):
        connections.switch_off(trusted)
    connections.switch_off(trusted, accepted=[melfield.public_id])
    assert facts.active_approvers(melfield.id).accounts == set()


def test_another_approver_makes_the_confirmation_unnecessary(
    melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    world.member(melfield, "hal@other.example", approver=True)
    assert connections.switch_off(trusted) == 1
    assert world.mails(MAIL) == []


def test_organisations_beyond_the_connection_are_not_named(
    melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    elsewhere = world.organisation("Far College", kind=Kind.DEPARTMENT)
    world.member(elsewhere, GRACE, approver=True)
    world.member(melfield, "hal@other.example", approver=True)
    assert connections.switch_off(trusted) == 1


def test_switch_off_page_names_the_organisation_and_acts_on_what_it_named(
    app: Flask, melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    hal = world.member(melfield, "hal@other.example", approver=True)
    olive = world.browser(app, world.operator())
    before = olive.get(f"/ops/sign-ins/{trusted.public_id}/switch-off")
    assert "No approver will be left" not in before.text
    stop_approver(hal, actor=world.COMMAND)
    page = before.submit()
    assert f"No approver would be left in: {melfield.name}." in page.text
    assert f"No approver will be left for {melfield.name}." in page.text
    assert "is switched off" in page.submit().text


def test_switch_off_command_asks_to_confirm(
    app: Flask, melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    def run(*words: str, typed: str) -> tuple[int, str]:
        outcome = app.test_cli_runner().invoke(
            sign_ins_cli, ["switch-off", trusted.public_id, *words], input=typed
        )
        db.session.rollback()
        return outcome.exit_code, outcome.output

    code, output = run(typed="n\n")
    assert code == 1
    assert melfield.name in output
    code, output = run("--yes", typed="")
    assert (code, "is switched off. People whose access waits: 1." in output) == (0, True)


def test_forty_at_once_switch_off_once(
    app: Flask, melfield: Organisation, trusted: Connection, grace: Membership
) -> None:
    world.operator()
    key, place = trusted.id, melfield.public_id

    def act(_number: int) -> int:
        return connections.switch_off(db.session.get_one(Connection, key), accepted=[place])

    assert sorted(race(app, act))[-2:] == [0, 1]
    assert len(world.mails(MAIL)) == 1
