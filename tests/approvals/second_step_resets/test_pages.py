"""The pages on which approvers and operators help people who cannot sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from app.database import db
from approvals.second_step_resets import actions, rules
from identity.administration import suspension
from tests.approvals import world
from tests.approvals.second_step_resets.recovery import (
    A_DAY,
    ALL_CHECKS,
    Lost,
    decide,
    lost_second_step,
    use_link,
)
from tests.identity.walking import Page, Walker


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def lost(app: Flask) -> Lost:
    return lost_second_step()


def confirm_all(page: Page) -> Page:
    """Confirm every check and press the button."""
    data = {**page.form("").values, "checked": list(ALL_CHECKS)}
    response = page.walker.client.post(page.address, data=data)
    return page.walker.get(response.headers.get("Location", page.address))


def user_page(app: Flask, lost: Lost) -> Page:
    place = world.path(lost.ashfield, "users", lost.at_ashfield.public_id)
    return world.browser(app, lost.ann).get(place)


def console_page(app: Flask, lost: Lost) -> Page:
    return world.browser(app, world.operator()).get(f"/ops/people/{lost.person.subject}")


def test_approver_decides_on_the_page_of_the_person(app: Flask, lost: Lost) -> None:
    page = user_page(app, lost)
    page = confirm_all(page.walker.get(page.link("Reset the second step")))
    assert "The reset is decided." in page.text
    assert "is going to be reset on 24 November 2026" in page.text


def test_page_without_every_check_shows_what_is_missing(app: Flask, lost: Lost) -> None:
    page = user_page(app, lost)
    page = page.walker.get(page.link("Reset the second step")).submit(checked="contact")
    assert page.title.startswith("Error: ")
    assert rules.NOT_CHECKED.sentence.removesuffix(".") in page.text
    assert world.audited("second_step_reset.decided") == []


def test_approver_stops_a_decided_reset_with_a_reason(app: Flask, lost: Lost) -> None:
    decide(lost, lost.ann)
    page = user_page(app, lost)
    page = page.walker.get(page.link("See or stop the reset"))
    page = page.walker.get(page.link("Stop the reset"))
    assert "Enter the reason" in page.submit().text
    page = page.submit(reason="It was not them")
    assert "Lou Dean keeps their second step" in page.text
    assert world.audited("second_step_reset.stopped")[0].detail["reason"] == "It was not them"


@pytest.mark.parametrize("reason", ["see www.evil.example", "ask me@evil.example", "x" * 501])
def test_reason_that_could_make_a_link_or_is_too_long_is_refused(
    app: Flask, lost: Lost, reason: str
) -> None:
    decide(lost, lost.ann)
    address = world.path(lost.ashfield, "users", lost.at_ashfield.public_id, "second-step", "end")
    page = world.browser(app, lost.ann).get(address).submit(reason=reason)
    assert page.title.startswith("Error: ")
    assert world.audited("second_step_reset.stopped") == []


def test_approver_sends_a_link_to_a_new_password(app: Flask, lost: Lost) -> None:
    page = user_page(app, lost)
    page = page.walker.get(page.link("Send a link to a new password")).submit()
    assert "Lou Dean was sent a link to a new password." in page.text
    ((to, text),) = world.mails("credentials/reset")
    assert to == lost.person.email
    assert "Ann Byron asked to reset the password" in text
    row = world.audited("password.reset_asked")[0]
    assert (row.actor, row.organisation) == (
        world.who(lost.ann).subject,
        lost.ashfield.public_id,
    )


def test_sixth_link_in_an_hour_is_not_sent(app: Flask, lost: Lost) -> None:
    page = user_page(app, lost)
    address = page.link("Send a link to a new password")
    for _ in range(6):
        page = page.walker.get(address).submit()
    assert "No link was sent" in page.text
    outcomes = [row.detail["outcome"] for row in world.audited("password.reset_asked")]
    assert outcomes == ["link sent"] * 5 + ["too many in an hour"]


def test_operator_sends_a_link_to_a_new_password(app: Flask, lost: Lost) -> None:
    page = console_page(app, lost)
    page = page.walker.get(page.link("Send a link to a new password")).submit()
    assert "Lou Dean was sent a link" in page.text
    assert len(world.mails("credentials/reset")) == 1


def test_operator_decides_about_an_ordinary_member(app: Flask, lost: Lost) -> None:
    page = console_page(app, lost)
    page = confirm_all(page.walker.get(page.link("Reset the second step")))
    assert "The reset is decided." in page.text


def test_operator_sees_that_another_operator_has_to_agree(app: Flask, lost: Lost) -> None:
    walker = world.browser(app, world.operator())
    address = f"/ops/people/{world.who(lost.ann).subject}/second-step"
    page = confirm_all(walker.get(address))
    assert "Another operator has to agree." in page.text
    assert rules.AGREED_ALREADY.sentence in walker.get(address).text
    other = world.browser(app, world.operator("otto@operators.example"))
    page = other.get(address)
    assert "Olive Operator has agreed." in page.text
    assert "The reset is decided." in confirm_all(page).text


def test_operator_sees_no_agreement_of_a_suspended_operator(app: Flask, lost: Lost) -> None:
    olive, otto = world.operator(), world.operator("otto@operators.example")
    address = f"/ops/people/{world.who(lost.ann).subject}/second-step"
    confirm_all(world.browser(app, olive).get(address))
    suspension.suspend(olive, actor=world.COMMAND)
    assert "has agreed" not in world.browser(app, otto).get(address).text


def test_access_is_opened_on_the_page_of_the_person(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    page = use_link(app, lost.person)
    home = page.walker.get("/home")
    assert "Your access here is closed until an approver agrees" in home.text
    walker = world.browser(app, lost.bea)
    page = walker.get(world.path(lost.briar, "users", lost.at_briar.public_id))
    page = confirm_all(walker.get(page.link("Open the access")))
    assert "has their access again" in page.text
    db.session.rollback()
    assert len(world.audited("second_step_reset.access_agreed")) == 1


def test_operator_opens_access_where_no_approver_is_left(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    use_link(app, lost.person)
    olive = world.browser(app, world.operator())
    address = f"/ops/people/{lost.person.subject}/second-step/access/{lost.briar.public_id}"
    assert rules.NO_AUTHORITY.sentence in _send_checks(olive, address).text
    bea = world.who(lost.bea)
    suspension.suspend(bea, actor=world.COMMAND, accepted=[lost.briar.public_id])
    assert "has their access again" in _send_checks(olive, address).text


def _send_checks(walker: Walker, address: str) -> Page:
    page = walker.get(address)
    data = {**page.form("").values, "checked": list(ALL_CHECKS)}
    response = walker.client.post(address, data=data)
    if response.status_code == 303:
        return walker.get(response.headers["Location"])
    return Page(walker, response, address)


def test_operators_page_lists_who_they_are_since_when_and_by_whom(app: Flask, lost: Lost) -> None:
    page = world.browser(app, world.operator()).get("/ops/operators")
    assert "There is one operator." in page.text
    assert "Olive Operator" in page.text
    assert "1 January 2020" in page.text
    assert "the command test" in page.text
    assert len(world.audited("console.operators_listed")) == 1


def test_operators_page_does_not_exist_for_other_people(app: Flask, lost: Lost) -> None:
    assert world.browser(app, lost.ann).get("/ops/operators").status == 404


def test_operator_sends_an_invited_approver_the_invitation_again(app: Flask, lost: Lost) -> None:
    invited = world.invited(lost.ashfield, "new@ashfield.example", approver=True)
    walker = world.browser(app, world.operator())
    page = walker.get(f"/ops/organisations/{lost.ashfield.public_id}")
    page = walker.get(page.link("Send again")).submit()
    assert "New invitation sent to new@ashfield.example" in page.text
    assert world.mails("accounts/invitation")[-1][0] == "new@ashfield.example"
    assert world.audited("membership.invitation_resent")[0].detail["membership"] == (
        invited.public_id
    )


def test_command_resets_the_only_operator_with_a_reason(app: Flask, lost: Lost) -> None:
    olive = world.operator()
    run = app.test_cli_runner().invoke
    missing = run(args=["accounts", "reset-second-step", olive.email])
    assert missing.exit_code == 2
    done = run(args=["accounts", "reset-second-step", olive.email, "--reason", "Lost her phone"])
    assert done.output == f"{olive.email}: the reset is decided.\n"
    row = world.audited("second_step_reset.decided")[0]
    assert (row.actor, row.detail["reason"]) == ("accounts reset-second-step", "Lost her phone")
    assert [to for to, _ in world.mails("second_step_resets/for_person")] == [olive.email]


def test_command_is_refused_while_operators_can_decide(app: Flask, lost: Lost) -> None:
    world.operator()
    result = app.test_cli_runner().invoke(
        args=["accounts", "reset-second-step", lost.person.email, "--reason", "Lost phone"]
    )
    assert result.exit_code == 1
    assert rules.ENOUGH_OPERATORS.sentence in result.output
