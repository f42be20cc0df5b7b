"""At most 3 invitation mails an hour and 5 a day from one organisation to one address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import db
from app.refusal import RefusalError
from approvals.memberships import facts
from approvals.memberships.actions import (
    correct_invitation,
    resend_invitation,
    withdraw_invitation,
)
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.invitation_limits import TOO_MANY_INVITATIONS, earliest_next
from identity.accounts.models import InvitationMail
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import COMMAND, browser, path
from tests.races import copied, race

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
BO = "bo@ashfield.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def _again(where: Organisation, email: str = BO) -> Membership:
    """Withdraw the invitation of the address and add it again."""
    found = facts.open_membership(where.id, EmailAddress.parse(email))
    if found is not None:
        withdraw_invitation(found, actor=COMMAND)
    return world.invited(where, email)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], None),
        ([-10, -20], None),
        ([-10, -20, -30], -30 + 60),
        ([-60, -20, -30], None),
        ([-10, -70, -80, -300, -400], -400 + 24 * 60),
        ([-10, -20, -30, -300, -400], -400 + 24 * 60),
        ([-10, -20, -30, -300, -1430], 30),
    ],
)
def test_earliest_next_observes_both_limits(minutes: list[int], expected: int | None) -> None:
    sent = [NINE + timedelta(minutes=minute) for minute in minutes]
    assert earliest_next(sent, NINE) == (
        None if expected is None else NINE + timedelta(minutes=expected)
    )


def test_invitation_mails_are_limited_within_an_hour_and_a_day(
    school: Organisation, clock: time_machine.Traveller
) -> None:
    bo = world.invited(school, BO)
    resend_invitation(bo, actor=COMMAND)
    resend_invitation(bo, actor=COMMAND)
    with pytest.raises(RefusalError, match="23 November 2026 at 10:00am"):
        resend_invitation(bo, actor=COMMAND)
    clock.shift(HOUR)
    resend_invitation(bo, actor=COMMAND)
    resend_invitation(bo, actor=COMMAND)
    with pytest.raises(RefusalError, match="24 November 2026 at 9:00am"):
        resend_invitation(bo, actor=COMMAND)
    clock.shift(DAY - HOUR)
    resend_invitation(bo, actor=COMMAND)


def test_limit_holds_for_withdrawn_and_corrected_invitations(school: Organisation) -> None:
    for _ in range(3):
        _again(school)
    with pytest.raises(RefusalError) as refusal:
        _again(school)
    assert refusal.value.refusal.code == TOO_MANY_INVITATIONS
    cy = world.invited(school, "cy@ashfield.example")
    with pytest.raises(RefusalError):
        correct_invitation(cy, email=EmailAddress.parse(f" {BO.upper()}"), actor=COMMAND)
    db.session.refresh(cy)
    assert cy.email == "cy@ashfield.example", "a refused correction changes nothing"
    correct_invitation(cy, email=EmailAddress.parse("di@ashfield.example"), actor=COMMAND)


def test_limit_counts_each_organisation_and_address_alone(school: Organisation) -> None:
    other = world.school("Birch School", urn="100002")
    for _ in range(3):
        _again(school)
    _again(other)
    _again(school, "cy@ashfield.example")


def test_parallel_posts_send_no_more_than_the_limit(app: Flask, school: Organisation) -> None:
    ann = browser(app, world.member(school, "ann@ashfield.example", approver=True))
    bo = world.invited(school, BO)
    page = ann.get(path(school, "users", bo.public_id, "invitation", "resend"))
    form = page.form().values
    answers = race(app, lambda _number: copied(ann.client).post(page.address, data=form))
    assert sorted({answer.status_code for answer in answers}) == [200, 303]
    assert len(world.audited("membership.invitation_resent")) == 2
    assert len(db.session.scalars(select(InvitationMail)).all()) == 4, "three to Bo, one to Ann"


def test_pages_say_when_the_next_invitation_can_go(
    app: Flask, school: Organisation, clock: time_machine.Traveller
) -> None:
    ann = browser(app, world.member(school, "ann@ashfield.example", approver=True))
    bo = world.invited(school, BO)
    page = ann.get(path(school, "users", bo.public_id, "invitation", "resend"))
    page.submit()
    page.submit()
    refused = page.submit()
    when = "You can send the next one on 23 November 2026 at 10:00am."
    assert when in refused.text
    assert "Send invitation" not in refused.text
    assert len(world.audited("membership.invitation_resent")) == 2
    cy = world.invited(school, "cy@ashfield.example")
    correct = ann.get(path(school, "users", cy.public_id, "invitation", "correct"))
    withdraw_invitation(bo, actor=COMMAND)
    assert when.rstrip(".") in correct.submit(email=BO).text
    add = ann.get(path(school, "users", "new"))
    assert when.rstrip(".") in add.submit(email=BO).text


def test_operators_page_says_when_the_next_invitation_can_go(
    app: Flask, school: Organisation
) -> None:
    for _ in range(3):
        _again(school)
    found = facts.open_membership(school.id, EmailAddress.parse(BO))
    assert found is not None
    withdraw_invitation(found, actor=COMMAND)
    olive = browser(app, world.operator())
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    check = page.submit(email=BO, given_name="Bo", family_name="")
    check.submit()
    oscar = browser(app, world.operator("oscar@operators.example"))
    proposal = oscar.get(f"/ops/organisations/{school.public_id}/approvers/proposal")
    assert "You can send the next one on" in proposal.submit().text


def test_command_says_when_the_next_invitation_can_go(app: Flask, school: Organisation) -> None:
    for _ in range(3):
        _again(school)
    found = facts.open_membership(school.id, EmailAddress.parse(BO))
    assert found is not None
    withdraw_invitation(found, actor=COMMAND)
    done = app.test_cli_runner().invoke(
        args=["approvers", "appoint", BO, "--organisation", school.public_id]
    )
    assert done.exit_code == 1
    assert "You can send the next one on" in done.output


def test_mail_with_a_dead_link_is_withdrawn_before_it_is_sent(school: Organisation) -> None:
    bo = world.invited(school, BO)
    resend_invitation(bo, actor=COMMAND)
    assert len(world.mails("accounts/invitation")) == 1, "the first link is dead"
    withdraw_invitation(bo, actor=COMMAND)
    assert world.mails("accounts/invitation") == []
