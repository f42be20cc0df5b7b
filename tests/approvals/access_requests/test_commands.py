"""Commands on the server decide requests for access that nobody else can decide."""

from __future__ import annotations

import pytest
from flask import Flask

from app.actors import Actor
from app.database import db
from app.refusal import RefusalError
from approvals.access_requests import actions, rules
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.administration import suspension
from tests.approvals import world
from tests.approvals.access_requests.asking import current, file, groups_of
from tests.races import race

COMMAND = Actor.command("requests approve")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True)


@pytest.fixture
def olive(app: Flask) -> Account:
    """The only operator."""
    return world.operator()


@pytest.fixture
def request_of_olive(school: Organisation, ann: Membership, olive: Account) -> PendingDecision:
    return file(olive, school)


@pytest.fixture
def undecidable(
    school: Organisation, ann: Membership, request_of_olive: PendingDecision
) -> PendingDecision:
    """The only approver was suspended after the only operator had asked."""
    suspension.suspend(world.who(ann), actor=world.COMMAND, accepted=[school.public_id])
    return request_of_olive


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["requests", *words])
    db.session.rollback()
    return result.exit_code, result.output


def test_command_lists_only_requests_that_nobody_can_decide(
    app: Flask, school: Organisation, ann: Membership, request_of_olive: PendingDecision
) -> None:
    assert run(app, "list") == (0, "")
    suspension.suspend(world.who(ann), actor=world.COMMAND, accepted=[school.public_id])
    code, output = run(app, "list")
    assert code == 0
    assert request_of_olive.public_id in output
    assert "School Named of School Performance, Ashfield School" in output


def test_command_approves_the_request_of_the_only_operator(
    app: Flask, school: Organisation, olive: Account, undecidable: PendingDecision
) -> None:
    code, output = run(app, "approve", undecidable.public_id, "--reason", "Only operator")
    assert (code, "is approved" in output) == (0, True)
    assert groups_of(olive, school) == ["School_Named"]
    (event,) = world.audited("access_request.approved")
    assert (event.actor, event.detail["authority"]) == ("requests approve", "command")
    assert event.detail["reason"] == "Only operator"
    assert [to for to, _ in world.mails("access_requests/approved")] == [olive.email]


def test_command_rejects_a_request(
    app: Flask, school: Organisation, olive: Account, undecidable: PendingDecision
) -> None:
    assert run(app, "reject", undecidable.public_id, "--reason", "Not needed")[0] == 0
    assert current(undecidable).ended_at is not None
    assert groups_of(olive, school) == []
    ((_, text),) = world.mails("access_requests/rejected")
    assert "Not needed" in text


def test_command_decides_nothing_that_people_can_decide(
    app: Flask, school: Organisation, olive: Account, request_of_olive: PendingDecision
) -> None:
    code, output = run(app, "approve", request_of_olive.public_id, "--reason", "Quick")
    assert code != 0
    assert rules.DECIDED_BY_PEOPLE.sentence in output
    assert groups_of(olive, school) == []


def test_command_is_no_second_where_another_operator_exists(
    app: Flask, undecidable: PendingDecision
) -> None:
    world.operator("otto@operators.example")
    code, output = run(app, "approve", undecidable.public_id, "--reason", "Quick")
    assert (code != 0, rules.DECIDED_BY_PEOPLE.sentence in output) == (True, True)


@pytest.mark.parametrize("words", [[], ["--reason", " "], ["--reason", "see www.example.org"]])
def test_command_needs_a_reason(app: Flask, undecidable: PendingDecision, words: list[str]) -> None:
    assert run(app, "approve", undecidable.public_id, *words)[0] != 0
    assert current(undecidable).ended_at is None


def test_command_refuses_an_unknown_request(app: Flask, school: Organisation) -> None:
    code, output = run(app, "reject", "none", "--reason", "x")
    assert (code, "There is no request none." in output) == (1, True)


def test_forty_commands_at_once_approve_once(app: Flask, undecidable: PendingDecision) -> None:
    key = undecidable.id

    def act(_number: int) -> str:
        try:
            actions.approve(db.session.get_one(PendingDecision, key), COMMAND, reason="Only one")
        except RefusalError as error:
            return error.refusal.code
        return "approved"

    outcomes = race(app, act)
    assert outcomes.count("approved") == 1
    assert len(world.audited("access_request.approved")) == 1
