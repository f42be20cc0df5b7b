"""An approver who can act: the condition holds for each state of a member, and every use has it."""

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
from approvals.memberships import facts, queries
from approvals.memberships.approvers import can_approve
from approvals.memberships.member_filters import MemberFilters
from approvals.memberships.models import Appointment, Membership, StandIn
from approvals.memberships.suspension import suspend_after_reset
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.administration import suspension
from identity.email_address import EmailAddress
from tests.approvals import world


@dataclass(frozen=True)
class Holder:
    """State of a member: `appointments` are True where open, `spells` are days from now."""

    joined: bool
    closed: bool
    suspended: bool
    membership_suspended: bool
    appointments: tuple[bool, ...]
    spells: tuple[tuple[int, int], ...]

    @property
    def can_approve(self) -> bool:
        return (
            self.joined
            and not (self.closed or self.suspended or self.membership_suspended)
            and (any(self.appointments) or any(begin < 0 < end for begin, end in self.spells))
        )


holders = st.builds(
    Holder,
    joined=st.booleans(),
    closed=st.booleans(),
    suspended=st.booleans(),
    membership_suspended=st.booleans(),
    appointments=st.sampled_from([(), (True,), (False,), (False, True), (False, False)]),
    spells=st.sampled_from([(), ((-2, 1),), ((-2, -1),), ((1, 2),), ((-3, -2), (-1, 5))]),
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
    session.add_all(
        StandIn(
            membership_id=membership.id,
            valid_from=now() + timedelta(days=begin),
            valid_to=now() + timedelta(days=end),
            named_by="test",
        )
        for begin, end in holder.spells
    )
    session.flush()
    if holder.membership_suspended:
        suspend_after_reset(membership, at)
    return membership


def test_condition_holds_for_the_approvers_and_stand_ins_who_can_act(app: Flask) -> None:
    school = world.school()

    @settings(max_examples=60)
    @given(states=st.lists(holders, min_size=1, max_size=6))
    def agree(states: list[Holder]) -> None:
        with writing() as session:
            rows = [_add(session, school, number, each) for number, each in enumerate(states)]
            found = session.scalars(
                select(Membership.id)
                .join(Account, Account.id == Membership.account_id)
                .where(Membership.organisation_id == school.id, can_approve(now()))
            ).all()
            assert [row.id in found for row in rows] == [each.can_approve for each in states]
            approvers = facts.active_approvers(school.id)
            assert approvers.accounts == {
                row.account_id for row, each in zip(rows, states, strict=True) if each.can_approve
            }
            assert approvers.stand_ins == {
                row.account_id
                for row, each in zip(rows, states, strict=True)
                if each.can_approve and not any(each.appointments)
            }
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
