"""An organisation's home page: its figures, its chart, its cards, and who comes to it."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.clock import now
from app.database import db, writing
from approvals.decision.decision import people_with_access
from approvals.memberships import queries
from approvals.memberships.actions import remove_member
from approvals.memberships.home_cards import HOME_CARDS, CardItem, CardLink, HomeCard
from approvals.memberships.models import Membership, MembershipSuspension
from approvals.organisations.models import Organisation
from approvals.workspace import overview
from identity.accounts.models import Account, Invitation
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.world import COMMAND, SERVICE, browser, path
from tests.identity.walking import Page

GROUPS = ("School_Named", "School_Anon", "School_Governor")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


def somebody(school: Organisation, number: int, chance: Random) -> None:
    """A person in a state that chance draws."""
    address = f"person{number}@ashfield.example"
    groups = [chance.choice(GROUPS)] if chance.random() < 0.8 else []
    days = chance.choice([None, 0, 10, 60])
    last_day = now().date() + timedelta(days=days) if groups and days is not None else None
    if chance.random() < 0.3:
        found = world.invited(school, address, *groups, last_day=last_day)
        with writing() as session:
            if chance.random() < 0.5:
                invitation = session.get_one(Invitation, found.invitation_id)
                invitation.expires_at = now() - timedelta(days=1)
        return
    approver = chance.random() < 0.2
    found = world.member(school, address, *groups, last_day=last_day, approver=approver)
    with writing() as session:
        account = world.who(found)
        account.last_signed_in_at = now() - timedelta(days=chance.choice([1, 89, 91]))
        if chance.random() < 0.2:
            account.suspended_at = now()
        if chance.random() < 0.2:
            found.suspended_at = now()
            session.add(
                MembershipSuspension(membership_id=found.id, cause="test", valid_from=now())
            )
    if chance.random() < 0.1:
        remove_member(found, actor=COMMAND)


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_and_bar_of_the_home_page_is_the_length_of_its_list(
    school: Organisation, ann: Membership, seed: int
) -> None:
    chance = Random(seed)
    for number in range(25):
        somebody(school, number, chance)
    at = now()
    page = overview.home_page(school, at)
    counted = [(each.filters, each.count) for each in page.figures]
    counted += [(bar.filters, bar.count) for chart in page.charts for bar in chart.bars]
    assert len(counted) == len(overview.FIGURES) + len(GROUPS)
    for filters, count in counted:
        assert count == queries.people(school.id, filters, at, page=1).total, filters
    assert any(count for _, count in counted[2:])


@pytest.mark.parametrize("seed", range(4))
def test_people_who_can_see_pupil_names_are_those_whom_the_decision_lets_see_them(
    school: Organisation, ann: Membership, seed: int
) -> None:
    chance = Random(100 + seed)
    for number in range(25):
        somebody(school, number, chance)
    at = now()
    assert seeing(school, at) == {
        each.subject
        for each in people_with_access(SERVICE, school, at)
        if overview.VIEW_PUPIL_NAMES in each.decision.capabilities and not suspended(each.subject)
    }


def seeing(school: Organisation, at: datetime) -> set[str]:
    """The subjects on the list behind the figure."""
    [figure] = [
        each
        for each in overview.home_page(school, at).figures
        if each.text == "Can see pupil names"
    ]
    rows = queries.people(school.id, figure.filters, at, page=1).rows
    return {world.who(row.membership).subject for row in rows}


def suspended(subject: str) -> bool:
    account = db.session.scalars(select(Account).where(Account.subject == subject)).one()
    return account.suspended


def test_figures_of_the_home_page_lead_to_their_lists(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    world.member(school, "bob@ashfield.example", "School_Named", given_name="Bob")
    world.invited(school, "cal@ashfield.example", "School_Named", given_name="Cal")
    page = browser(app, ann).get(path(school))
    for text, count in (("Can see pupil names 1", 1), ("School Named", 2), ("Invited,", 1)):
        found = page.walker.get(page.link(text))
        assert f"{count} user" in found.text, text


def test_closed_organisation_shows_nobody_who_can_see_pupil_names(
    school: Organisation, ann: Membership
) -> None:
    world.member(school, "bob@ashfield.example", "School_Named")
    assert len(seeing(school, now())) == 1
    world.close(school)
    assert seeing(school, now()) == set()


def test_home_page_names_the_only_approver_and_offers_colleagues(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    world.member(school, "bob@ashfield.example", given_name="Bob")
    walker = browser(app, ann)
    page = walker.get(path(school))
    assert "You are the only approver" in page.text
    assert "Bob Byron" in walker.get(page.link("Choose a colleague")).text
    world.member(school, "cat@ashfield.example", approver=True)
    assert "You are the only approver" not in walker.get(path(school)).text


def test_home_page_shows_the_cards_of_other_rooms_in_their_order(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    def waiting(organisation: Organisation, _at: datetime) -> HomeCard:
        return HomeCard(
            order=10,
            title="Waiting for a decision",
            count=1,
            items=(
                CardItem("Bo <b>", "asked on Monday", (CardLink("Decide", "/decide", "about Bo"),)),
            ),
        )

    HOME_CARDS.add(app, waiting)
    page = browser(app, ann).get(path(school))
    titles = re.findall(r'<h2 class="govuk-heading-m" id="card-\d">\s*(.*?)\s*<', page.html)
    assert titles == ["Waiting for a decision", "You are the only approver"]
    assert "Bo &lt;b&gt;" in page.html
    assert page.link("Decide") == "/decide"


def begin(page: Page) -> str:
    """The page to which the start of work leads."""
    return page.walker.get("/start").address


def test_start_leads_an_approver_to_their_organisation(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    assert begin(browser(app, ann).get("/account")) == path(school)


def test_start_leads_an_approver_of_two_to_the_one_that_they_used_last(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    birch = world.organisation("Birch School", urn="100002")
    world.member(birch, ann.email, approver=True)
    assert begin(browser(app, ann).get(path(birch, "users"))) == path(birch)


def test_start_leads_a_person_who_approves_nothing_to_their_services(
    app: Flask, school: Organisation
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    assert begin(browser(app, bob).get("/account")) == "/home"


def test_start_leads_a_session_of_a_provider_to_an_organisation_that_it_opens(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    birch = world.organisation("Birch School", urn="100002")
    world.member(birch, ann.email, approver=True)
    walker = browser(app, ann)
    with writing() as session:
        session.execute(update(Session).values(organisations=[birch.public_id]))
    assert begin(walker.get("/account")) == path(birch)
    with writing() as session:
        session.execute(update(Session).values(organisations=[]))
    assert begin(walker.get("/account")) == "/home"


def test_start_asks_a_session_of_one_factor_for_no_second_one(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    walker = browser(app, ann)
    with writing() as session:
        session.execute(update(Session).values(acr="urn:secure-access:aal1"))
    assert begin(walker.get("/account")) == "/home"


def test_switch_keeps_the_page_and_names_the_organisation_in_the_address(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    birch = world.organisation("Birch School", urn="100002")
    world.member(birch, ann.email, approver=True)
    walker = browser(app, ann)
    page = walker.get(path(school, "users"))
    assert page.link("Birch School") == path(birch, "users")
    listed = walker.get(page.link("All your organisations"))
    assert listed.heading == "Change organisation"
    assert f'href="{html.escape(path(school, "users"))}"' in listed.html
    person = walker.get(path(school, "users", ann.public_id))
    assert person.link("Birch School") == path(birch)


def test_two_tabs_of_two_organisations_do_not_mix(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    birch = world.organisation("Birch School", urn="100002")
    world.member(birch, ann.email, approver=True)
    walker = browser(app, ann)
    first = walker.get(path(school, "users", "new"))
    walker.get(path(birch, "users", "new"))
    assert first.submit(email="bob@ashfield.example", given_name="Bob").status == 200
    assert walker.get(path(school, "users")).link("Users") == path(school, "users")
    assert walker.get("/account").link("Users") == path(school, "users")


def test_switch_page_lists_no_organisation_of_others(app: Flask, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example")
    page = browser(app, bob).get("/switch?page=users")
    assert "You do not approve users for an organisation." in page.text
    assert school.name not in page.text
