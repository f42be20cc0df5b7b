"""Merging organisations that were added by hand."""

import pytest
from flask import Flask

from app.clock import now, today
from app.database import db, writing
from app.refusal import RefusalError
from approvals.access_model.loading import load_shipped
from approvals.memberships import facts
from approvals.memberships.actions.merge import Merged, merge_organisations
from approvals.memberships.models import Membership
from approvals.memberships.suspension import (
    closed_organisations,
    open_suspensions,
    suspend_after_reset,
    suspend_for_connection,
)
from approvals.organisations import queries
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.email_address import EmailAddress
from tests.approvals import world


@pytest.fixture
def dioceses(app: Flask) -> tuple[Organisation, Organisation]:
    load_shipped()
    return (
        add_organisation(Kind.DIOCESE, "Diocese of Marl", diocese_code="CE91"),
        add_organisation(Kind.DIOCESE, "Diocese of Selwick", diocese_code="CE92"),
    )


def _open(where: Organisation, email: str) -> Membership | None:
    return facts.open_membership(where.id, EmailAddress.parse(email))


def test_merge_moves_people_with_their_access_and_closes_the_source(
    dioceses: tuple[Organisation, Organisation],
) -> None:
    source, target = dioceses
    member = world.member(source, "ann@marl.example", "Diocese_Named", approver=True)
    invited = world.invited(source, "ben@marl.example", "Diocese_Anon")
    invitation = invited.invitation_id
    merged = merge_organisations(source, target, actor=world.COMMAND)
    assert merged == Merged(moved=2, already=0)
    for before in (member, invited):
        db.session.refresh(before)
        assert before.ended_cause == "organisation merged"
    ann, ben = _open(target, "ann@marl.example"), _open(target, "ben@marl.example")
    assert ann is not None
    assert ben is not None
    assert (ann.account_id, world.held(ann)) == (member.account_id, ["Diocese_Named"])
    assert world.approves(ann)
    assert (ben.invitation_id, ben.joined_at, world.held(ben)) == (
        invitation,
        None,
        ["Diocese_Anon"],
    )
    assert not queries.is_open(source, today())
    assert len(world.audited("organisation.merged")) == 1
    assert len(world.audited("membership.moved")) == 2


def test_merge_carries_access_that_waits_for_an_approver_after_a_reset(
    dioceses: tuple[Organisation, Organisation],
) -> None:
    source, target = dioceses
    ann = world.member(source, "ann@marl.example", "Diocese_Named", approver=True)
    account = world.who(ann)
    with writing():
        suspend_after_reset(ann, now())
    merge_organisations(source, target, actor=world.COMMAND)
    assert closed_organisations(account) == [target]
    assert not facts.active_approvers(target.id).accounts


def test_merge_carries_the_suspension_of_a_membership(
    dioceses: tuple[Organisation, Organisation],
) -> None:
    source, target = dioceses
    ann = world.member(source, "ann@marl.example", "Diocese_Named", approver=True)
    with writing():
        suspend_for_connection("Marl Entra", [source.public_id], [ann.account_id or 0], now())
    since = ann.suspended_at
    merge_organisations(source, target, actor=world.COMMAND)
    there = _open(target, "ann@marl.example")
    assert there is not None
    assert since is not None
    assert there.suspended_at is not None
    causes = [row.cause for row in open_suspensions(there)]
    assert causes == ["the sign-in with Marl Entra was switched off."]
    assert not facts.active_approvers(target.id).accounts


def test_merge_lets_people_of_both_keep_what_they_have_in_the_target(
    dioceses: tuple[Organisation, Organisation],
) -> None:
    source, target = dioceses
    person = world.member(source, "ann@marl.example", "Diocese_Named")
    there = world.member(target, "ann@marl.example", "Diocese_Anon")
    merged = merge_organisations(source, target, actor=world.COMMAND)
    assert merged == Merged(moved=0, already=1)
    assert person.account_id == there.account_id
    assert world.held(there) == ["Diocese_Anon"]


def test_merge_refuses_other_kinds_the_same_body_and_the_register(
    dioceses: tuple[Organisation, Organisation],
) -> None:
    source, _ = dioceses
    department = add_organisation(Kind.DEPARTMENT, "Department for Tests")
    for target in (department, source, world.school()):
        with pytest.raises(RefusalError):
            merge_organisations(source, target, actor=world.COMMAND)
    assert queries.is_open(source, today())


def test_organisations_merge_and_close_ask_to_confirm(
    app: Flask, dioceses: tuple[Organisation, Organisation]
) -> None:
    source, target = dioceses
    world.member(source, "ann@marl.example", "Diocese_Named")
    runner = app.test_cli_runner()
    args = ["organisations", "merge", source.public_id, "diocese:CE92"]
    refused = runner.invoke(args=args, input="n\n")
    assert refused.exit_code == 1
    assert "1 person has access or an open invitation there" in refused.output
    db.session.rollback()
    assert queries.is_open(source, today())
    done = runner.invoke(args=[*args, "--yes"])
    assert done.exit_code == 0, done.output
    assert "1 moved to Diocese of Selwick" in done.output
    closed = runner.invoke(args=["organisations", "close", target.public_id], input="y\n")
    assert closed.exit_code == 0, closed.output
    db.session.rollback()
    assert not queries.is_open(target, today())
    again = runner.invoke(args=["organisations", "close", target.public_id])
    assert again.exit_code == 1
    assert "closed on" in again.output
