"""Look-ups of approvers: why a person of their organisation can see what they see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from app.audit import record_look_up
from app.database import db
from approvals.decision.access_question import AccessAnswer, AccessQuestion, answer_for_approver
from approvals.memberships.facts import subject_of
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account


def first_moment(organisation: Organisation, person: Membership) -> datetime:
    """Return when the person first belonged, or was first invited, to the organisation.

    Answers about earlier moments would tell approvers of other organisations.
    """
    if person.account_id is None:
        return person.valid_from
    found = db.session.scalar(
        select(func.min(Membership.valid_from)).where(
            Membership.organisation_id == organisation.id,
            Membership.account_id == person.account_id,
        )
    )
    return found or person.valid_from


def explain_to_approver(
    organisation: Organisation, person: Membership, question: AccessQuestion
) -> AccessAnswer | None:
    """Return the answer for an approver, and record the look-up; None for an unknown service."""
    account = db.session.get(Account, person.account_id) if person.account_id else None
    answer = answer_for_approver(person, account, organisation, question)
    if answer is not None:
        record_look_up(
            "access.looked_up",
            organisation=organisation.public_id,
            subject=subject_of(person),
            service=question.service,
            membership=person.public_id,
            person=person.name,
        )
    return answer
