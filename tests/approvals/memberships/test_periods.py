"""Access with a start and an end: time decides, reminders go out once, tokens know the moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.clock import end_of_day, now, start_of_day, today
from app.database import db, writing
from app.refusal import RefusalError
from approvals.decision.decision import decide
from approvals.memberships import end_reminders
from approvals.memberships.access_changes import (
    GivenGroup,
    HeldGroup,
    plan_change,
    removes_present_group,
)
from approvals.memberships.actions import change_user_group
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import Organisation
from approvals.terms import defaults
from identity.ports import approvals
from identity.sessions.cookies import SESSION, cookie_name
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.races import race

SCOPE = "openid organisation access"
START = today() + timedelta(days=30)

pytestmark = pytest.mark.usefixtures("day_of_collection")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return world.member(school, "bob@ashfield.example", "School_Anon", given_name="Bob")


def _change(
    person: Membership,
    group: str,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
) -> None:
    change_user_group(
        person,
        service=world.SERVICE,
        user_groups=[group],
        first_day=first_day,
        last_day=last_day,
        actor=world.COMMAND,
    )


def _group(person: Membership, where: Organisation, at: datetime) -> list[str]:
    decision = decide(world.who(person), world.SERVICE, where, at)
    return [group.code for group in decision.user_groups]


def test_change_with_a_later_start_leaves_the_present_group_until_then(
    school: Organisation, bob: Membership
) -> None:
    _change(bob, "School_Named", first_day=START, last_day=START + timedelta(days=9))
    begins, ends = start_of_day(START), end_of_day(START + timedelta(days=9))
    moment = timedelta(microseconds=1)
    assert _group(bob, school, begins - moment) == ["School_Anon"]
    assert _group(bob, school, begins) == ["School_Named"]
    assert _group(bob, school, ends - moment) == ["School_Named"]
    assert _group(bob, school, ends) == []


def test_added_person_has_access_from_the_first_day_on(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    walker = browser(app, ann)
    page = walker.get(path(school, "users", "new")).submit(
        email="gov@ashfield.example",
        given_name="Gil",
        family_name="Ash",
        group_school_performance="School_Governor",
        start_day=str(START.day),
        start_month=str(START.month),
        start_year=str(START.year),
    )
    assert "Access starts" in page.text
    assert page.submit().heading == "Invitation sent"
    gil = db.session.scalars(
        select(Membership).where(Membership.email == "gov@ashfield.example")
    ).one()
    world.join(gil)
    refused = decide(world.who(gil), world.SERVICE, school, now())
    assert "starts on" in refused.reasons[0].sentence
    assert _group(gil, school, start_of_day(START)) == ["School_Governor"]


def test_change_of_the_start_is_made_on_the_pages_and_checked(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id, "access", world.SERVICE))
    start_day, start_month, start_year = str(START.day), str(START.month), str(START.year)
    page = page.submit(groups="School_Named", start_day="31", start_month="2", start_year="2030")
    assert "The start date must be a real date" in page.text
    wrong = page.submit(
        start_day=start_day,
        start_month=start_month,
        start_year=start_year,
        day=str(today().day),
        month=str(today().month),
        year=str(today().year),
    )
    assert "The end date must be the same as or after the start date" in wrong.text
    page = page.submit(
        groups="School_Named",
        start_day=start_day,
        start_month=start_month,
        start_year=start_year,
    )
    assert "Access starts" in page.text
    assert "Until then the present access stays" in page.text
    again = walker.get(page.link("Change the new access or its days"))
    assert f'name="start_year" type="text" value="{start_year}"' in again.html
    page = page.submit()
    assert "Starts" in page.text
    ((_, text),) = world.mails("memberships/user_group_changed")
    assert "School Named from" in text


def test_mail_of_a_later_start_says_only_what_the_new_group_allows(
    school: Organisation,
) -> None:
    dee = world.member(school, "dee@ashfield.example", "School_Named")
    _change(dee, "School_Anon", first_day=START)
    ((_, text),) = world.mails("memberships/user_group_changed")
    assert "You cannot:\n- see pupil names" in text


@pytest.mark.parametrize(
    ("first_day", "last_day", "code"),
    [
        (today() - timedelta(days=1), None, "start_in_the_past"),
        (today() + timedelta(days=367), None, "start_too_far"),
        (START, START - timedelta(days=1), "end_before_start"),
    ],
)
def test_start_is_refused_in_the_past_too_late_and_after_the_end(
    bob: Membership, first_day: date, last_day: date | None, code: str
) -> None:
    with pytest.raises(RefusalError) as refused:
        _change(bob, "School_Named", first_day=first_day, last_day=last_day)
    assert refused.value.refusal.code == code


def test_change_at_once_takes_back_a_start_that_lies_ahead(
    school: Organisation, bob: Membership
) -> None:
    _change(bob, "School_Named", first_day=START)
    _change(bob, "School_Anon")
    assert _group(bob, school, start_of_day(START)) == ["School_Anon"]


def test_plan_change_is_nothing_when_the_same_start_is_chosen_again() -> None:
    start = start_of_day(START)
    held = [HeldGroup(1, "s", "A", start), HeldGroup(2, "s", "B", None, starts_at=start)]
    assert plan_change(held, {"s": ["B"]}, ends_at=None, starts_at=start).nothing
    plan = plan_change([HeldGroup(1, "s", "A", None)], {"s": ["B"]}, ends_at=None, starts_at=start)
    assert plan.give == (GivenGroup("s", "A", None, start), GivenGroup("s", "B", start, None))
    assert not removes_present_group(plan)


# ------------------------------------------------------------------------------- reminders


def test_reminder_of_the_end_is_mailed_once_to_the_person_and_the_approvers(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    last = today() + timedelta(days=60)
    _change(bob, "School_Anon", last_day=last)
    end_reminders.remind()
    assert not world.mails("memberships/access_ending")
    with time_machine.travel(end_of_day(last) - end_reminders.REMINDED_BEFORE, tick=True):
        race(app, lambda _number: end_reminders.remind())
        end_reminders.remind()
    ((recipient, text),) = world.mails("memberships/access_ending")
    assert recipient == bob.email
    assert "as School Anon through Ashfield School ends on" in text
    ((recipient, text),) = world.mails("memberships/access_ending_list")
    assert recipient == ann.email
    assert "Bob Byron: School Anon of School Performance ends on" in text


def test_reminder_is_left_out_for_short_access_for_a_successor_and_for_people_who_left(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    soon = today() + timedelta(days=5)
    cal = world.member(school, "cal@ashfield.example", "School_Anon", last_day=soon)
    _change(bob, "School_Named", first_day=soon)
    end_reminders.remind()
    assert not world.mails("memberships/access_ending")
    with writing() as session:
        for grant in session.scalars(select(Grant)):
            grant.valid_from = now() - timedelta(days=100)
        cal.valid_to = now()
    end_reminders.remind()
    assert not world.mails("memberships/access_ending")


# ---------------------------------------------------------------------------------- tokens


@pytest.fixture
def rp(school: Organisation, app: Flask) -> RelyingParty:
    signing_keys.ready()
    defaults.publish_first()
    registration = register(client_name="Marks", service=world.SERVICE, scope=SCOPE)
    return RelyingParty(app.test_client(), registration)


def _tokens(app: Flask, rp: RelyingParty, person: Membership) -> dict[str, Any]:
    account = world.who(person)
    due = approvals().terms_due(account, world.SERVICE, now(), newly=True)
    with writing():
        approvals().accept_terms(account, [terms.id for terms in due], "test", now())
    client = app.test_client()
    client.set_cookie(cookie_name(SESSION), world.session_of(account))
    return rp.tokens(client, scope=SCOPE)


def test_token_ends_at_the_moment_at_which_access_ends(
    app: Flask, rp: RelyingParty, bob: Membership
) -> None:
    with time_machine.travel(end_of_day(today()) - timedelta(seconds=100), tick=False):
        _change(bob, "School_Anon", last_day=today())
        tokens = _tokens(app, rp, bob)
        claims = rp.verified(tokens["access_token"])
        assert claims["exp"] == int(end_of_day(today()).timestamp())
        assert tokens["expires_in"] == 100
        assert rp.verified(tokens["id_token"])["exp"] == claims["exp"]
        assert rp.introspect(tokens["access_token"])["active"] is True
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_token_ends_when_another_group_starts_and_the_refresh_has_it(
    app: Flask, rp: RelyingParty, bob: Membership
) -> None:
    tomorrow = today() + timedelta(days=1)
    with time_machine.travel(start_of_day(tomorrow) - timedelta(seconds=50), tick=False):
        _change(bob, "School_Named", first_day=tomorrow)
        tokens = _tokens(app, rp, bob)
        assert tokens["expires_in"] == 50
        assert rp.verified(tokens["access_token"])["user_group"]["code"] == "School_Anon"
    with time_machine.travel(start_of_day(tomorrow), tick=False):
        renewed = rp.refresh(tokens["refresh_token"]).get_json()
        assert rp.verified(renewed["access_token"])["user_group"]["code"] == "School_Named"
        assert renewed["expires_in"] == 300


def test_end_and_refresh_at_once_leave_no_token_that_outlives_the_end(
    app: Flask, rp: RelyingParty, bob: Membership
) -> None:
    ends = end_of_day(today())
    with time_machine.travel(ends - timedelta(seconds=20), tick=False) as clock:
        _change(bob, "School_Anon", last_day=today())
        families = [_tokens(app, rp, bob)["refresh_token"] for _ in range(4)]

        def act(number: int) -> dict[str, Any]:
            if number == 20:
                clock.move_to(ends, tick=False)
            found: dict[str, Any] = rp.refresh(families[number % 4]).get_json()
            return found

        for answer in race(app, act):
            if "access_token" in answer:
                assert rp.introspect(answer["access_token"]) == {"active": False}
