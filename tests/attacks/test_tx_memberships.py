"""Texts that want to be code (group TX), on the pages and in the mails about people."""

from __future__ import annotations

import pytest
from flask import Flask

from app.outbox.message import RenderedMail, compose
from approvals.memberships.actions import change_user_group, make_approver
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school(f"Ash {HOSTILE}")


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(
        school, "ann@ashfield.example", approver=True, given_name=HOSTILE, family_name="Ann"
    )


def test_TX_04_html_in_names_is_inert_on_every_page(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(
        school, "bob@ashfield.example", "School_Anon", given_name=HOSTILE, family_name="{{7*7}}"
    )
    walker = browser(app, ann)
    pages = [
        walker.get(path(school)),
        walker.get(path(school, "users")),
        walker.get(path(school, "invitations")),
        walker.get(path(school, "activity")),
        walker.get(path(school, "users", bob.public_id)),
        walker.get(path(school, "users", bob.public_id, "remove")),
        walker.get(path(school, "users", bob.public_id, "approver", "make")).submit(),
        walker.get(path(school, "users") + f"?q={HOSTILE}"),
        walker.get(path(school, "activity") + f"?kind={HOSTILE}&person={HOSTILE}"),
        walker.get("/home"),
        walker.get(f"/services/{SERVICE}"),
        walker.get(f"/services/{HOSTILE}"),
    ]
    page = walker.get(path(school, "users", "new")).submit(email=HOSTILE)
    pages.append(page)
    page = walker.get(path(school, "users", "new"))
    for group in (HOSTILE, "none"):
        page = page.submit(
            email="new@ashfield.example",
            given_name=HOSTILE,
            family_name=HOSTILE,
            group_school_performance=group,
        )
        pages.append(page)
    pages.append(page.submit())
    olive = browser(app, world.operator())
    pages += [
        olive.get(f"/ops/organisations/{school.public_id}"),
        olive.get(f"/ops/organisations?q={HOSTILE}"),
        olive.get(f"/ops/people?q={HOSTILE}"),
        olive.get(f"/ops/people/{world.who(bob).subject}"),
        olive.get("/ops/audit"),
    ]
    for page in pages:
        assert page.status in {200, 404}, page.address
        assert "<img src" not in page.html, page.address
        assert "onerror=alert(1)>" not in page.html, page.address
    assert "{{7*7}}" in pages[1].text
    assert "49" not in pages[4].heading


def test_TX_04_html_in_names_is_inert_in_mails(school: Organisation, ann: Membership) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Anon", given_name=HOSTILE)
    change_user_group(bob, service=SERVICE, user_groups=["School_Named"], actor=world.acting(ann))
    make_approver(bob, actor=world.acting(ann))
    for template in ("memberships/user_group_changed", "memberships/made_approver"):
        [(to, text)] = world.mails(template)
        subject, _, body = text.partition("\n")
        mail = RenderedMail(identifier="1", recipient=to, subject=subject, text=body)
        message = compose(mail, sender="x@example.org", issuer="https://access.example")
        html = message.get_body(("html",))
        assert html is not None
        assert "<img" not in html.get_content()
        # Plain text shows what was entered, not a coded form of it.
        plain = message.get_body(("plain",))
        assert plain is not None
        assert HOSTILE in plain.get_content()


@pytest.mark.parametrize(
    "search",
    ["%", "_", "' OR 1=1 --", "{{7*7}}", "%s", "\\", "*)(uid=*", "ann' UNION SELECT 1"],
)
def test_TX_05_searches_are_taken_literally(
    app: Flask, school: Organisation, ann: Membership, search: str
) -> None:
    world.member(school, "bob@ashfield.example", given_name="Bob")
    client = browser(app, ann).client
    page = client.get(path(school, "users"), query_string={"q": search})
    assert page.status_code == 200
    assert "No users match" in page.text
    olive = browser(app, world.operator()).client
    for where in ("/ops/people", "/ops/organisations", "/ops/audit"):
        assert olive.get(where, query_string={"q": search}).status_code == 200


def test_TX_05_search_finds_its_literal_text(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    world.member(school, "o'neil@ashfield.example", given_name="Zoë", family_name="O'Neil 100%")
    client = browser(app, ann).client
    for search in ("O'Neil", "100%", "zoë", "ZOË O'NEIL", "neil@ash"):
        page = client.get(path(school, "users"), query_string={"q": search})
        assert "O&#39;Neil 100%" in page.text, search
