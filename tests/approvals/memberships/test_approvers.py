"""An approver who can act: the rule and its SQL agree, and every use goes through them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actors import Actor
from app.clock import now
from app.database import db, writing
from approvals.memberships import queries
from approvals.memberships.approvers import CAN_APPROVE, can_approve
from approvals.memberships.member_filters import MemberFilters
from approvals.memberships.models import Appointment, Membership
from approvals.memberships.suspension import suspend_after_reset
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.administration import suspension
from identity.email_address import EmailAddress
from tests.approvals import world


@dataclass(frozen=True)
class Holder:
    """State of a member: `appointments` are True where open."""

    joined: bool
    closed: bool
    suspended: bool
    membership_suspended: bool
    appointments: tuple[bool, ...]


holders = st.builds(
    Holder,
    joined=st.booleans(),
    closed=st.booleans(),
    suspended=st.booleans(),
    membership_suspended=st.booleans(),
    appointments=st.sampled_from([(), (True,), (False,), (False, True), (False, False)]),
)


def _add(session: Session, where: Organisation, number: int, holder: Holder) -> Membership:
    at = now() - timedelta(days=1)
    email = EmailAddress.parse(f"holder{number}@ashfield.example")
    account = Account(
        email=email.text,
        email_key=email.key,
        given_name="Ada",
        family_name="Byron",
        joined_at=at,
        suspended_at=at if holder.suspended else None,
    )
    session.add(account)
    session.flush()
    membership = Membership(
        organisation_id=where.id,
        account_id=account.id,
        valid_from=at,
        valid_to=at if holder.closed else None,
        joined_at=at if holder.joined else None,
        appointments=[
            Appointment(valid_from=at, valid_to=None if is_open else at)
            for is_open in holder.appointments
        ],
    )
    membership.describe(email=email, given_name="Ada", family_name="Byron")
    session.add(membership)
    session.flush()
    if holder.membership_suspended:
        suspend_after_reset(membership, at)
    return membership


def test_rule_and_statement_agree_on_approvers_who_can_act(app: Flask) -> None:
    school = world.school()

    @settings(max_examples=40, deadline=None)
    @given(states=st.lists(holders, min_size=1, max_size=6))
    def agree(states: list[Holder]) -> None:
        with writing() as session:
            rows = [_add(session, school, number, each) for number, each in enumerate(states)]
            by_rule = {
                row.id
                for row, each in zip(rows, states, strict=True)
                if can_approve(
                    row,
                    session.get_one(Account, row.account_id),
                )
            }
            by_statement = session.scalars(
                select(Membership.id)
                .join(Account, Account.id == Membership.account_id)
                .where(Membership.organisation_id == school.id, CAN_APPROVE)
            )
            assert set(by_statement) == by_rule
            expected = [
                each.joined
                and not (each.closed or each.suspended or each.membership_suspended)
                and any(each.appointments)
                for each in states
            ]
            assert [row.id in by_rule for row in rows] == expected
            session.rollback()

    agree()


@pytest.mark.usefixtures("app")
def test_approved_by_leaves_out_the_organisations_of_a_suspended_approver() -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    account = world.who(ann)
    assert queries.approved_by(account.id) == [school]
    suspension.suspend(account, actor=Actor.command("test"), accepted=[school.public_id])
    assert queries.approved_by(account.id) == []
    assert queries.approvers_of(school.id) == []
    lists = {"approvers": MemberFilters(approver="yes", status="joined")}
    assert queries.count_each(school.id, lists, now()) == {"approvers": 0}
    assert db.session.get_one(Account, account.id).suspended
