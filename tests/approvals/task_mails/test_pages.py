"""The page on which approvers and operators choose how they get mails about tasks."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from approvals.organisations.models import Organisation
from approvals.task_mails.actions import digest_hour
from tests.approvals import world
from tests.approvals.world import browser

PAGE = "/account/task-mails"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def test_approver_chooses_a_digest_on_the_account_page(app: Flask, school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    walker = browser(app, ann)
    assert "As they come" in walker.get("/account").text
    page = walker.get(PAGE)
    # Each field once: of a repeated one the first value would count.
    assert page.html.count('name="choice"') == 2
    assert page.html.count('name="hour"') == 1
    page = page.submit("", choice="daily", hour="9")
    assert "You get emails about tasks in one email a day, at 9am." in page.text
    assert digest_hour(world.who(ann).id) == 9
    (row,) = world.audited("account.mails_chosen")
    assert row.detail["choice"] == "in one email a day, at 9am"
    assert "You chose how you get emails about tasks" in walker.get("/account/activity").text
    walker.get(PAGE).submit("", choice="one_by_one", hour="9")
    assert digest_hour(world.who(ann).id) is None


def test_same_choice_again_is_not_recorded(app: Flask, school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    browser(app, ann).get(PAGE).submit("", choice="one_by_one", hour="7")
    assert not world.audited("account.mails_chosen")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"choice": "", "hour": "7"}, "Select how you want to get these emails"),
        ({"choice": "weekly", "hour": "7"}, "Select how you want to get these emails"),
        ({"choice": "daily", "hour": "24"}, "Select a time"),
        ({"choice": "daily", "hour": ""}, "Select a time"),
        ({"choice": "daily", "hour": "nine"}, "Select a time"),
    ],
)
def test_choice_that_is_none_is_refused_at_its_field(
    app: Flask, school: Organisation, answers: dict[str, Any], sentence: str
) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    page = browser(app, ann).get(PAGE).submit("", **answers)
    assert sentence in page.text
    assert digest_hour(world.who(ann).id) is None


def test_account_page_offers_the_choice_to_approvers_and_operators_only(
    app: Flask, school: Organisation
) -> None:
    title = "Emails about tasks"
    bob = world.member(school, "bob@ashfield.example")
    assert title not in browser(app, bob).get("/account").text
    assert title in browser(app, world.operator()).get("/account").text
