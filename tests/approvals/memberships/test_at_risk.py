"""Organisations at risk: the reasons, their counts, the weekly mail, and access without an end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.clock import now, today
from app.database import db, writing
from approvals.memberships import at_risk, long_access, weekly_report
from approvals.memberships.actions import name_stand_in, suspend_member
from approvals.memberships.at_risk import REASONS
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.administration import suspension
from tests.approvals import world
from tests.approvals.world import browser
from tests.races import race
from tests.sent import statements

MAIL = "memberships/organisations_at_risk"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def approver(
    where: Organisation, name: str, *groups: str, last_day: date | None = None
) -> Membership:
    email = f"{name}@{where.id}.example"
    member = world.member(where, email, *groups, approver=True, last_day=last_day)
    signed_in(member, now())
    return member


def signed_in(member: Membership, at: datetime) -> None:
    with writing() as session:
        session.execute(
            update(Account).where(Account.id == member.account_id).values(last_signed_in_at=at)
        )


def reasons(where: Organisation) -> list[str]:
    rows = {row.organisation.id: list(row.reasons) for row in at_risk.all_risks(now())}
    return rows.get(where.id, [])


def test_organisation_with_two_approvers_is_not_at_risk(school: Organisation) -> None:
    approver(school, "ann")
    approver(school, "bob")
    assert reasons(school) == []


def test_organisation_with_one_approver_is_at_risk(school: Organisation) -> None:
    approver(school, "ann")
    world.invited(school, "ina@ashfield.example", approver=True)
    assert reasons(school) == ["one"]


def test_organisation_without_members_is_at_risk_only_if_it_had_an_approver(
    school: Organisation,
) -> None:
    assert reasons(school) == []
    member = approver(school, "ann")
    with writing() as session:
        session.execute(
            update(Membership)
            .where(Membership.id == member.id)
            .values(valid_to=now(), ended_cause="left")
        )
    assert reasons(school) == ["none"]


def test_organisation_with_members_and_an_invited_approver_has_none(school: Organisation) -> None:
    world.member(school, "kim@ashfield.example")
    world.invited(school, "ina@ashfield.example", approver=True)
    assert reasons(school) == ["none"]


def test_organisation_whose_approvers_are_suspended_has_none_for_that_reason(
    school: Organisation,
) -> None:
    ann, bob = approver(school, "ann"), approver(school, "bob")
    suspend_member(bob, reason="Away", actor=world.COMMAND)
    suspension.suspend(world.who(ann), actor=world.COMMAND, accepted=[school.public_id])
    assert reasons(school) == ["none", "suspended"]


def test_organisation_whose_only_approver_is_a_stand_in_is_at_risk(school: Organisation) -> None:
    ann, sam = approver(school, "ann"), world.member(school, "sam@ashfield.example")
    name_stand_in(sam, first_day=today(), last_day=today(), actor=world.acting(ann))
    assert reasons(school) == ["one"]
    suspension.suspend(world.who(ann), actor=world.COMMAND, accepted=[school.public_id])
    assert reasons(school) == ["stand_in", "suspended"]


def test_organisation_whose_approvers_have_not_signed_in_for_90_days_is_at_risk(
    school: Organisation,
) -> None:
    pair = [approver(school, name) for name in ("ann", "bob")]
    for member in pair:
        signed_in(member, now() - timedelta(days=91))
    assert reasons(school) == ["away"]
    signed_in(pair[0], now() - timedelta(days=89))
    assert reasons(school) == []


def test_organisation_is_at_risk_when_the_access_of_all_its_approvers_ends_soon(
    school: Organisation,
) -> None:
    soon = today() + timedelta(days=20)
    approver(school, "ann", "School_Anon", last_day=soon)
    assert reasons(school) == ["ending", "one"]
    approver(school, "bob", "School_Anon")
    assert reasons(school) == []


def test_closed_organisation_is_not_at_risk(school: Organisation) -> None:
    approver(school, "ann")
    world.close(school)
    assert reasons(school) == []


def test_counts_are_the_lengths_of_the_lists(school: Organisation) -> None:
    approver(school, "ann", "School_Anon", last_day=today() + timedelta(days=3))
    brook = world.organisation("Brook School", urn="100002")
    signed_in(approver(brook, "bea"), now() - timedelta(days=100))
    elm = world.organisation("Elm School", urn="100003")
    world.member(elm, "kim@elm.example")
    counts = at_risk.count_risks(now())
    for reason in REASONS:
        found = at_risk.risk_page(reason, now(), page=1).page
        assert counts.by_reason[reason] == found.total == len(found.rows), reason
    found = at_risk.risk_page("", now(), page=9).page
    assert counts.total == found.total == len(found.rows) == 3
    assert found.number == 1
    names = [row.organisation.name for row in at_risk.all_risks(now())]
    assert names == ["Elm School", "Brook School", "Ashfield School"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_page_of_organisations_at_risk_takes_the_same_statements_for_any_number(
    app: Flask, school: Organisation
) -> None:
    olive, counts = browser(app, world.operator()), []
    for first, last in ((0, 1), (1, 20)):
        for number in range(first, last):
            approver(world.organisation(f"S{number}", urn=f"98{number:04}"), "ann")
        olive.get("/ops/organisations-at-risk")
        with statements() as run:
            olive.get("/ops/organisations-at-risk")
        counts.append(len(run))
    assert counts[0] == counts[1]


def test_page_of_organisations_at_risk_filters_by_reason(app: Flask, school: Organisation) -> None:
    approver(school, "ann")
    world.member(world.organisation("Elm School", urn="100003"), "kim@elm.example")
    olive = browser(app, world.operator())
    page = olive.get(olive.get("/ops").link("Organisations at risk"))
    assert "Only one approver 1" in page.text
    assert ("Ashfield School" in page.text, "Elm School" in page.text) == (True, True)
    page = olive.get(page.link("Only one approver"))
    assert ("Ashfield School" in page.text, "Elm School" in page.text) == (True, False)
    assert "Elm School" in olive.get("/ops/organisations-at-risk?reason=x").text


def test_command_lists_organisations_at_risk(app: Flask, school: Organisation) -> None:
    approver(school, "ann")
    result = app.test_cli_runner().invoke(args=["organisations", "at-risk"])
    assert result.exit_code == 0
    assert "Ashfield School" in result.output
    assert "Organisations at risk: 1" in result.output


# ------------------------------------------------------------------------------- the weekly mail


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (datetime(2026, 11, 30, 7, 0, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 30, 6, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 7, 6, 6, 0, tzinfo=UTC), date(2026, 7, 6)),
        (datetime(2026, 12, 6, 23, 0, tzinfo=UTC), date(2026, 11, 30)),
    ],
)
def test_mail_of_a_week_is_due_from_monday_at_seven(moment: datetime, week: date) -> None:
    assert weekly_report.due_week(moment) == week


def test_weekly_mail_goes_to_each_operator_once(app: Flask, school: Organisation) -> None:
    approver(school, "ann")
    olive = world.operator()
    race(app, lambda _number: weekly_report.report())
    ((to, text),) = world.mails(MAIL)
    assert to == olive.email
    assert "1 organisation at risk" in text
    assert "Ashfield School: Only one approver" in text
    assert "- Only one approver: 1" in text
    weekly_report.report()
    assert len(world.mails(MAIL)) == 1


def test_week_without_risk_sends_no_mail(school: Organisation) -> None:
    world.operator()
    weekly_report.report()
    assert world.mails(MAIL) == []


# ------------------------------------------------------------------------------- without an end


@pytest.fixture
def department(school: Organisation) -> Organisation:
    return db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()


def hold_since_before_the_rule(member: Membership, valid_to: datetime | None) -> None:
    with writing() as session:
        session.add(
            Grant(
                membership_id=member.id,
                service=world.SERVICE,
                user_group="DfE_Named",
                valid_from=world.LONG_AGO,
                valid_to=valid_to,
                given_by="test",
            )
        )


def test_access_to_names_of_all_schools_without_an_end_is_listed_and_not_changed(
    app: Flask, school: Organisation, department: Organisation
) -> None:
    people = [world.member(department, f"p{each}@dfe.example") for each in range(4)]
    ends = [None, now() + timedelta(days=400), now() + timedelta(days=300), now()]
    for member, end in zip(people, ends, strict=True):
        hold_since_before_the_rule(member, end)
    world.member(school, "kim@ashfield.example", "School_Named")
    page = long_access.long_access(now(), page=1)
    assert {row.membership.id for row in page.rows} == {people[0].id, people[1].id}
    assert long_access.count_long_access(now()) == page.total == 2
    shown = browser(app, world.operator()).get("/ops/long-access")
    assert "2 user groups" in shown.text
    assert "No end date" in shown.text
    assert db.session.scalars(select(Grant.valid_to).order_by(Grant.id)).first() is None


def test_weekly_mail_names_access_without_an_end(
    school: Organisation, department: Organisation
) -> None:
    world.operator()
    approver(department, "ann")
    approver(department, "bob")
    hold_since_before_the_rule(world.member(department, "kim@dfe.example"), None)
    weekly_report.report()
    ((_, text),) = world.mails(MAIL)
    assert "1 user group with pupil names of all schools lasts longer than 12 months" in text
    assert "No organisation is at risk this week." in text
