"""People who ask for access, and the approvers of a small world around them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.database import db
from approvals.access_requests import actions
from approvals.access_requests.facts import ACCESS_REQUEST, AskedFor
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from tests.approvals import world
from tests.approvals.world import SERVICE

REASON = "I teach year 6"


@dataclass(frozen=True)
class Asking:
    """A school of a trust with two approvers, the trust's approver, an operator, and a newcomer."""

    school: Organisation
    trust: Organisation
    ann: Membership
    """Approver of the school."""
    abe: Membership
    """Another one."""
    tess: Membership
    """Approver of the trust."""
    olive: Account
    """Operator."""
    nina: Account
    """Has an account and belongs nowhere."""


def asking() -> Asking:
    trust = world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")
    school = world.school("Ashfield School", "100001", type_code="34", trust=trust)
    return Asking(
        school,
        trust,
        world.member(school, "ann@ashfield.example", approver=True, given_name="Ann"),
        world.member(school, "abe@ashfield.example", approver=True, given_name="Abe"),
        world.member(trust, "tess@elm.example", approver=True, given_name="Tess"),
        world.operator(),
        world.account("nina@home.example", "Nina", "New"),
    )


def file(
    person: Account, organisation: Organisation, group: str = "School_Named", **more: str
) -> PendingDecision:
    asked = AskedFor(SERVICE, group, list(more.items()))
    return actions.file_request(person, organisation, asked, reason=REASON)


def current(decision: PendingDecision) -> PendingDecision:
    db.session.rollback()
    return db.session.get_one(PendingDecision, decision.id, populate_existing=True)


def requests_of(person: Account) -> list[PendingDecision]:
    return list(
        db.session.scalars(
            select(PendingDecision)
            .where(
                PendingDecision.kind == ACCESS_REQUEST.name,
                PendingDecision.account_id == person.id,
            )
            .order_by(PendingDecision.id)
        )
    )


def membership_of(person: Account, organisation: Organisation) -> Membership | None:
    return db.session.scalar(
        select(Membership).where(
            Membership.account_id == person.id,
            Membership.organisation_id == organisation.id,
            Membership.valid_to.is_(None),
        )
    )


def groups_of(person: Account, organisation: Organisation) -> list[str]:
    found = membership_of(person, organisation)
    return world.held(found) if found is not None else []
