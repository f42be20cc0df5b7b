"""Lists of an organisation's people: search, filters, order, pages; and their cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, insert

from app.clock import now
from app.database import db, writing
from approvals.memberships import queries
from approvals.memberships.member_filters import MemberFilters
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.identity.walking import Walker


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def walker(app: Flask, school: Organisation) -> Walker:
    ann = world.member(
        school, "ann@ashfield.example", approver=True, given_name="Ann", family_name="Zed"
    )
    return browser(app, ann)


def names(walker: Walker, school: Organisation, query: str = "") -> list[str]:
    page = walker.get(f"{path(school, 'users')}?{query}")
    cells = page.html.split('<th scope="row"')[1:]
    return [cell.split("</a>")[0].rsplit(">", 1)[1] for cell in cells]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the statements of the block, but for the one that a page sends once a second."""
    statements: list[str] = []

    def note(_c: object, _k: object, statement: str, *_more: object) -> None:
        if "oidc_revision" not in statement:
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def many(where: Organisation, number: int, *, first: int = 0) -> None:
    """People as the population makes them: rows only."""
    at = now() - timedelta(days=400)
    with writing() as session:
        accounts = session.scalars(
            insert(Account).returning(Account.id, sort_by_parameter_order=True),
            [
                {
                    "email": f"person{i}@many.example",
                    "email_key": f"person{i}@many.example",
                    "given_name": f"Given{i % 97}",
                    "family_name": f"Family{i:05}",
                    "joined_at": at,
                }
                for i in range(first, first + number)
            ],
        ).all()
        members = session.scalars(
            insert(Membership).returning(Membership.id, sort_by_parameter_order=True),
            [
                {
                    "organisation_id": where.id,
                    "account_id": account,
                    "email": f"person{i}@many.example",
                    "email_key": f"person{i}@many.example",
                    "given_name": f"Given{i % 97}",
                    "family_name": f"Family{i:05}",
                    "valid_from": at,
                    "joined_at": at,
                }
                for i, account in enumerate(accounts, first)
            ],
        ).all()
        session.execute(
            insert(Grant),
            [
                {
                    "membership_id": member,
                    "service": SERVICE,
                    "user_group": "School_Anon" if i % 5 else "School_Named",
                    "valid_from": at,
                    "given_by": "test",
                }
                for i, member in enumerate(members)
            ],
        )


def test_users_page_searches_name_and_part_of_the_address(
    walker: Walker, school: Organisation
) -> None:
    world.member(school, "bob.dean@ashfield.example", given_name="Bob", family_name="Dean")
    world.member(school, "zoe@ashfield.example", given_name="Zoë", family_name="Dean")
    assert names(walker, school) == ["Bob Dean", "Zoë Dean", "Ann Zed"]
    assert names(walker, school, "q=dean") == ["Bob Dean", "Zoë Dean"]
    assert names(walker, school, "q=ob.de") == ["Bob Dean"]
    assert names(walker, school, "q=ZOË dean") == ["Zoë Dean"]
    # The same letter, composed in another way.
    assert names(walker, school, "q=Zoe%CC%88") == ["Zoë Dean"]
    assert names(walker, school, "q=zoe") == ["Zoë Dean"]
    page = walker.get(path(school, "users") + "?q=nobody")
    assert "No users match" in page.text
    assert page.link("Clear filters") == path(school, "users")


@pytest.mark.parametrize("search", ["o'neil", "O’NEIL", "oneil", "neil", "moira o’neil", "ira.o"])
def test_users_page_finds_a_name_however_its_apostrophe_is_typed(
    walker: Walker, school: Organisation, search: str
) -> None:
    world.member(school, "moira.oneil@ashfield.example", given_name="Moira", family_name="O’Neil")
    assert names(walker, school, f"q={search}") == ["Moira O’Neil"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("dogwod", ["Dina Dogwood"]),
        ("dgowood", ["Dina Dogwood"]),
        ("dina dagwood", ["Dina Dogwood"]),
        ("dog", ["Dina Dogwood"]),
        ("featherstonhaug", ["Fay Featherstonehaugh"]),
        ("ashfeild", ["Dina Dogwood", "Fay Featherstonehaugh", "Ann Zed"]),
        ("ashfeild zed", ["Ann Zed"]),
        ("dinosaur", []),
        ("xyz dogwod", []),
        ("fy", []),
        ("%%%%", []),
    ],
)
def test_users_page_finds_a_name_with_slips(
    walker: Walker, school: Organisation, search: str, found: list[str]
) -> None:
    world.member(school, "dina@ashfield.example", given_name="Dina", family_name="Dogwood")
    world.member(school, "fay@ashfield.example", given_name="Fay", family_name="Featherstonehaugh")
    assert sorted(names(walker, school, f"q={search.replace('%', '%25')}")) == sorted(found)


def test_users_page_says_that_names_are_only_similar_and_keeps_the_filters(
    walker: Walker, school: Organisation
) -> None:
    world.member(school, "dina@ashfield.example", given_name="Dina", family_name="Dogwood")
    page = walker.get(path(school, "users") + "?q=dogwod")
    assert "No user matches “dogwod” exactly. These are similar." in page.text
    assert names(walker, school, "q=dogwod&approver=yes") == []
    assert "These are similar" not in walker.get(path(school, "users") + "?q=dogwood").text


def test_users_page_shows_each_filter_with_a_link_that_removes_it(
    walker: Walker, school: Organisation
) -> None:
    page = walker.get(f"{path(school, 'users')}?q=ann&approver=yes&status=joined")
    assert page.link("Remove the filter “ann”").endswith("?status=joined&approver=yes")
    assert page.link("Remove the filter Approvers").endswith("?q=ann&status=joined")


def test_users_page_filters_group_status_and_approver(walker: Walker, school: Organisation) -> None:
    world.member(school, "b@ashfield.example", "School_Anon", given_name="Bob")
    world.invited(school, "c@ashfield.example", "School_Named", given_name="Cal")
    dee = world.member(school, "d@ashfield.example", given_name="Dee")
    eve = world.invited(school, "e@ashfield.example", given_name="Eve")
    world.member(
        school,
        "f@ashfield.example",
        "School_Anon",
        given_name="Fay",
        last_day=now().date() + timedelta(days=3),
    )
    with writing() as session:
        world.who(dee).suspended_at = now()
        dee.joined_at = now() - timedelta(days=91)
        session.get_one(Invitation, eve.invitation_id).expires_at = now() - timedelta(days=1)
    expected = {
        "group=school_performance:School_Anon": ["Bob Byron", "Fay Byron"],
        "group=school_performance:School_Named": ["Cal Byron"],
        "status=invited": ["Cal Byron"],
        "status=expired": ["Eve Byron"],
        "status=suspended": ["Dee Byron"],
        "status=dormant": ["Dee Byron"],
        "status=ending": ["Fay Byron"],
        "status=no_access": ["Dee Byron", "Eve Byron", "Ann Zed"],
        "approver=yes": ["Ann Zed"],
        "approver=no&q=bob": ["Bob Byron"],
        "status=nonsense&approver=perhaps": [
            "Bob Byron",
            "Cal Byron",
            "Dee Byron",
            "Eve Byron",
            "Fay Byron",
            "Ann Zed",
        ],
    }
    for query, found in expected.items():
        assert names(walker, school, query) == found, query


def test_counts_of_the_home_page_are_the_lengths_of_their_lists(
    walker: Walker, school: Organisation
) -> None:
    world.invited(school, "c@ashfield.example", given_name="Cal")
    world.member(school, "d@ashfield.example", given_name="Dee", approver=True)
    page = walker.get(path(school))
    for text, count in {
        "Users": 3,
        "Approvers": 2,
        "Invited, not joined yet": 1,
        "Invitations that have run out": 0,
        "Not here for 90 days": 0,
        "Access ends within 30 days": 0,
    }.items():
        assert f"{text} {count}" in page.text
        query = page.link(text).partition("?")[2]
        if text != "Users":
            assert len(names(walker, school, query)) == count, text


@pytest.mark.parametrize(
    ("after_expiry", "status"),
    [
        (timedelta(microseconds=-1), "invited"),
        (timedelta(0), "expired"),
        (timedelta(microseconds=1), "expired"),
    ],
)
def test_status_filter_and_count_of_an_invitation_agree_at_its_expiry(
    school: Organisation, after_expiry: timedelta, status: str
) -> None:
    invited = world.invited(school, "c@ashfield.example")
    with writing() as session:
        at = session.get_one(Invitation, invited.invitation_id).expires_at + after_expiry
    [row] = queries.people(school.id, MemberFilters(), at, page=1).rows
    lists = {each: MemberFilters(status=each) for each in ("invited", "expired")}
    counts = queries.count_each(school.id, lists, at)
    assert row.status == status
    assert counts == {
        each: queries.people(school.id, filters, at, page=1).total
        for each, filters in lists.items()
    }
    assert counts == {each: int(each == status) for each in lists}


@pytest.mark.parametrize("people", [49, 50, 160])
def test_users_page_has_fifty_people_and_keeps_filters(
    walker: Walker, school: Organisation, people: int
) -> None:
    many(school, people)
    first = names(walker, school, "q=family")
    assert len(first) == min(people, 50)
    page = walker.get(f"{path(school, 'users')}?q=family&sort=name&page=2")
    if people <= 50:
        assert "(page" not in page.title
    else:
        assert "(page 2 of 4)" in page.title
        assert "51 to 100 of 160 users" in page.text
        assert "q=family" in page.link("Next")
    assert names(walker, school, "q=family&page=99") == first


def test_users_page_of_fifty_people_repeats_little_in_each_row(
    walker: Walker, school: Organisation
) -> None:
    def size() -> int:
        page = walker.get(f"{path(school, 'users')}?q=family")
        assert f"{len(names(walker, school, 'q=family'))} users" in page.text
        return len(page.html)

    many(school, 1)
    one = len(walker.get(f"{path(school, 'users')}?q=family").html)
    many(school, 49, first=1)
    assert (size() - one) / 49 <= 1_900


def test_users_page_takes_as_many_queries_for_more_people(
    walker: Walker, school: Organisation
) -> None:
    parts = (
        "",
        "/users",
        "/users?q=given1",
        "/users?q=gven95&sees=pupil_names",
        "/users?sort=last_here&page=2&status=joined",
        "/invitations",
        "/activity",
    )

    def cost() -> dict[str, int]:
        """The least of three requests: now and then one renews what the process keeps."""
        found: dict[str, int] = {}
        for part in 3 * parts:
            with counted() as statements:
                assert walker.get(path(school) + part).status == 200
            found[part] = min(len(statements), found.get(part, len(statements)))
        return found

    many(school, 100)
    few = cost()
    many(school, 200, first=100)
    assert cost() == few
    assert max(few.values()) <= 24, few
