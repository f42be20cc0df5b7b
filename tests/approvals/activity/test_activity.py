"""Events of an organisation, as its approvers read them."""

from __future__ import annotations

import pytest
from flask import Flask

from app.audit import EVENTS, record
from app.database import writing
from approvals.activity import queries
from approvals.memberships.actions import change_user_group, make_approver, remove_member
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.identity.walking import Walker


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def walker(app: Flask, ann: Membership) -> Walker:
    return browser(app, ann)


def test_activity_describes_changes_in_plain_words(
    walker: Walker, school: Organisation, ann: Membership
) -> None:
    actor = world.acting(ann)
    bob = world.member(school, "bob@ashfield.example", "School_Anon", given_name="Bob", actor=actor)
    change_user_group(bob, service=SERVICE, user_groups=["School_Named"], actor=actor)
    make_approver(bob, actor=actor)
    remove_member(bob, actor=actor)
    text = walker.get(path(school, "activity")).text
    for sentence in (
        "Ann Byron added Bob Byron and sent an invitation.",
        "Bob Byron accepted the invitation and joined.",
        "what Bob Byron can see in School Performance: from School Anon to School Named.",
        "Ann Byron made Bob Byron an approver.",
        "Ann Byron removed Bob Byron.",
    ):
        assert sentence in text


def test_activity_is_filtered_by_kind_day_and_person(
    walker: Walker, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    make_approver(bob, actor=world.acting(ann))
    address = path(school, "activity")
    approvers = walker.get(f"{address}?kind=approver.").text
    assert "made Bob Byron an approver" in approvers
    assert "accepted the invitation" not in approvers
    about = walker.get(f"{address}?person={bob.public_id}").text
    assert "made Bob Byron an approver" in about
    assert "Bob Byron and sent" in about
    assert "Ann Byron accepted" not in about
    assert "Nothing matches" in walker.get(f"{address}?to=2001-01-01").text
    assert "Nothing matches" not in walker.get(f"{address}?to=yesterday&kind=nothing").text


def test_activity_shows_tokens_to_operators_only(
    app: Flask, walker: Walker, school: Organisation
) -> None:
    with writing():
        for event in ("service.entered", "token.reused"):
            record(
                event,
                organisation=school.public_id,
                subject="somebody",
                client="client-x",
                what="code",
            )
    text = walker.get(path(school, "activity")).text
    assert "Somebody signed in to a service." in text
    assert "used twice" not in text
    assert "signed in to" in walker.get(path(school, "activity?kind=service.")).text
    audit = browser(app, world.operator()).get("/ops/audit").text
    assert "A code of a service was used twice, and all that came from it ended." in audit


def test_activity_shows_no_event_of_another_organisation(walker: Walker, app: Flask) -> None:
    other = world.school("Brook School", "100002")
    world.member(other, "eve@brook.example", given_name="Evelyn")
    for row in queries.KINDS:
        assert row
    page = walker.get(walker.get("/home").link("Activity"))
    assert "Evelyn" not in page.text


def test_person_page_shows_the_latest_activity(walker: Walker, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    page = walker.get(path(school, "users", bob.public_id))
    assert "Bob Byron accepted the invitation and joined." in page.text
    page = walker.get(page.link("See all activity of Bob Byron"))
    assert "Bob Byron accepted the invitation and joined." in page.text


def test_activity_sentence_describes_each_event(app: Flask) -> None:
    sentences = [event.sentence for event in EVENTS.values()]
    assert [each for each in sentences if not each.endswith(".") or each.endswith("..")] == []


def test_activity_kinds_all_have_an_event(app: Flask) -> None:
    for kind in queries.KINDS:
        assert any(name.startswith(kind) for name in EVENTS.by_name())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9999-12-31", "The year must be from 1000 to 2999"),
        ("0000-01-01", "The year must be from 1000 to 2999"),
        ("2026-02-29", "Enter a real date"),
        ("yesterday", "is not a date such as 2026-11-23"),
    ],
)
def test_activity_and_audit_pages_name_an_unusable_day(
    app: Flask, walker: Walker, school: Organisation, text: str, sentence: str
) -> None:
    operator = browser(app, world.operator())
    for page in (
        walker.get(f"{path(school, 'activity')}?to={text}"),
        operator.get(f"/ops/audit?from={text}"),
    ):
        assert page.status == 200
        assert "There is a problem" in page.text
        assert sentence in page.text
