"""The last approver of an organisation and the only operator: suspended, removed, or neither."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from app.actors import Actor
from app.database import db
from approvals.memberships import facts
from approvals.operators import actions
from approvals.operators.models import Operator
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.administration import suspension
from identity.email_address import EmailAddress
from identity.ports import LeavesWithoutApprover
from tests.approvals import world
from tests.approvals.world import browser

COMMAND = Actor.command("test")
AT_ONCE = 40


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def run(app: Flask, *words: str, answer: str = "") -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=list(words), input=answer)
    db.session.rollback()
    return result.exit_code, result.output


def suspended(account: Account) -> bool:
    found = db.session.get_one(Account, account.id, populate_existing=True)
    return found.suspended_at is not None


def in_threads(app: Flask, works: list[Callable[[], object]]) -> list[str]:
    """The outcome of each: empty, or the exception's name."""

    def work(function: Callable[[], object]) -> str:
        with app.app_context():
            try:
                function()
            except ValueError as error:
                return type(error).__name__
            finally:
                db.session.remove()
            return ""

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda each: contextvars.Context().run(work, each), works))


def test_suspend_command_names_the_organisations_left_without_approver_and_asks(
    app: Flask, school: Organisation
) -> None:
    ann = world.who(world.member(school, "ann@ashfield.example", approver=True))
    code, output = run(app, "accounts", "suspend", ann.email, answer="n\n")
    assert code == 1
    assert "No approver would be left in: Ashfield School." in output
    assert not suspended(ann)
    code, output = run(app, "accounts", "suspend", ann.email, answer="y\n")
    assert code == 0
    assert suspended(ann)


def test_suspend_command_with_yes_does_not_ask(app: Flask, school: Organisation) -> None:
    ann = world.who(world.member(school, "ann@ashfield.example", approver=True))
    code, _ = run(app, "accounts", "suspend", ann.email, "--yes")
    assert code == 0
    assert suspended(ann)


def test_suspension_of_the_last_approver_is_mailed_to_operators_and_recorded(
    app: Flask, school: Organisation
) -> None:
    olive = world.operator()
    ann = world.who(world.member(school, "ann@ashfield.example", approver=True))
    suspension.suspend(ann, actor=COMMAND, accepted=[school.public_id])
    ((to, text),) = world.mails("console/no_approver_left")
    assert to == olive.email
    assert "Ashfield School" in text
    (row,) = world.audited("approver.none_left")
    assert (row.organisation, row.subject) == (school.public_id, ann.subject)


def test_suspension_of_the_last_approver_is_mailed_to_approvers_of_the_parent_body(
    app: Flask,
) -> None:
    trust = world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")
    academy = world.organisation("Elm Academy", urn="990001", type_code="34", trust=trust)
    lou = world.member(trust, "lou@elm.example", approver=True)
    ann = world.who(world.member(academy, "ann@elm.example", approver=True))
    suspension.suspend(ann, actor=COMMAND, accepted=[academy.public_id])
    ((to, text),) = world.mails("console/no_approver_left")
    assert to == lou.email
    assert "Elm Academy" in text
    assert f"/o/{trust.public_id}/schools" in text


def test_suspension_of_one_of_two_approvers_asks_nothing(app: Flask, school: Organisation) -> None:
    ann = world.who(world.member(school, "ann@ashfield.example", approver=True))
    world.member(school, "cal@ashfield.example", approver=True)
    code, _ = run(app, "accounts", "suspend", ann.email)
    assert code == 0
    assert suspended(ann)
    assert world.mails("console/no_approver_left") == []


def test_suspend_page_names_the_organisations_left_without_approver(
    app: Flask, school: Organisation
) -> None:
    ann = world.who(world.member(school, "ann@ashfield.example", approver=True))
    page = browser(app, world.operator()).get(f"/ops/people/{ann.subject}/suspend")
    assert "No approver will be left for Ashfield School." in page.text
    page.submit()
    assert suspended(ann)


def test_suspend_page_asks_again_where_another_organisation_lost_its_other_approver(
    app: Flask, school: Organisation
) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    cal = world.member(school, "cal@ashfield.example", approver=True)
    page = browser(app, world.operator()).get(f"/ops/people/{world.who(ann).subject}/suspend")
    suspension.suspend(world.who(cal), actor=COMMAND)
    page = page.submit()
    assert "No approver would be left in: Ashfield School." in page.text
    assert not suspended(world.who(ann))
    page.submit()
    assert suspended(world.who(ann))


def test_approvers_suspended_at_once_leave_one_unless_accepted(
    app: Flask, school: Organisation
) -> None:
    people = [
        world.who(world.member(school, f"{name}@ashfield.example", approver=True)).id
        for name in ("ann", "cal")
    ]
    outcomes = in_threads(
        app,
        [
            lambda each=each: suspension.suspend(  # type: ignore[misc]
                db.session.get_one(Account, each), actor=COMMAND
            )
            for each in people * (AT_ONCE // 2)
        ],
    )
    db.session.rollback()
    assert LeavesWithoutApprover.__name__ in outcomes
    assert len(facts.active_approvers(school.id).accounts) == 1


def test_only_operator_is_neither_suspended_nor_removed(app: Flask) -> None:
    olive = world.operator()
    code, output = run(app, "accounts", "suspend", olive.email, "--yes")
    assert code == 1
    assert "This is the only operator. Add another operator first." in output
    code, output = run(app, "operators", "remove", olive.email)
    assert code == 1
    assert "is the only operator. Add another operator first." in output
    assert actions.is_operator(olive.id)
    assert not suspended(olive)


def test_operators_suspended_and_removed_at_once_leave_one(app: Flask) -> None:
    people = [world.operator(f"{name}@operators.example") for name in ("olive", "oscar")]
    works: list[Callable[[], object]] = []
    for email, identifier in [(each.email, each.id) for each in people]:
        works += [
            lambda email=email: actions.remove_operator(EmailAddress.parse(email), actor=COMMAND),  # type: ignore[misc]
            lambda identifier=identifier: suspension.suspend(  # type: ignore[misc]
                db.session.get_one(Account, identifier), actor=COMMAND
            ),
        ] * (AT_ONCE // 4)
    outcomes = in_threads(app, works)
    db.session.rollback()
    assert "RefusalError" in outcomes
    assert len(actions.active_operators()) == 1


def test_operators_remove_ends_the_appointment_and_the_sessions(app: Flask) -> None:
    olive, oscar = world.operator(), world.operator("oscar@operators.example")
    theirs = browser(app, olive)
    assert theirs.get("/ops").status == 200
    code, output = run(app, "operators", "remove", "OLIVE@operators.example")
    assert (code, output) == (0, "olive@operators.example is no longer an operator.\n")
    assert theirs.get("/ops").heading == "You need to sign in again"
    assert not actions.is_operator(olive.id)
    assert sorted(to for to, _ in world.mails("console/operator_removed")) == [
        olive.email,
        oscar.email,
    ]
    assert [row.subject for row in world.audited("operator.removed")] == [olive.subject]


def test_operators_remove_withdraws_an_invitation(app: Flask) -> None:
    world.operator()
    run(app, "operators", "add", "new@operators.example")
    code, _ = run(app, "operators", "remove", "new@operators.example")
    assert code == 0
    assert len(world.audited("invitation.withdrawn")) == 1
    open_ = db.session.scalars(select(Operator.email).where(Operator.valid_to.is_(None))).all()
    assert open_ == ["olive@operators.example"]


def test_operators_remove_refuses_a_person_who_is_no_operator(app: Flask) -> None:
    world.operator()
    code, output = run(app, "operators", "remove", "nobody@operators.example")
    assert code == 1
    assert "is not an operator, nor invited to be one." in output


def test_operators_add_mails_the_other_operators(app: Flask) -> None:
    olive = world.operator()
    run(app, "operators", "add", "new@operators.example")
    assert [to for to, _ in world.mails("console/operator_added")] == [olive.email]


def test_operators_list_shows_their_state(app: Flask) -> None:
    world.operator()
    oscar = world.operator("oscar@operators.example")
    suspension.suspend(oscar, actor=COMMAND)
    run(app, "operators", "add", "new@operators.example")
    code, output = run(app, "operators", "list")
    assert code == 0
    assert [line.split()[-1] for line in output.splitlines()[1:]] == [
        "active",
        "suspended",
        "invited",
    ]
