"""Reads for the pages about approvers who are appointed from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.clock import now
from app.database import db
from approvals.approver_proposals.decisions import (
    APPROVER_OFFER,
    ProposedApprover,
    open_proposal,
)
from approvals.memberships import facts
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import has_not_ended
from approvals.pending_decisions.models import PendingDecision


@dataclass(frozen=True)
class WaitingProposal:
    """A proposal that waits for another operator. public_id: of the decision."""

    public_id: str
    person: ProposedApprover
    asked_by: str
    asked_at: datetime
    own: bool


def waiting_proposal(organisation: Organisation, reader: str) -> WaitingProposal | None:
    """Return the organisation's proposal, as the operator with this subject sees it."""
    found = open_proposal(organisation.id)
    if found is None:
        return None
    proposer = facts.person_of(found.asked_by)
    return WaitingProposal(
        public_id=found.public_id,
        person=ProposedApprover.in_decision(found),
        asked_by=proposer.name if proposer else f"the command {found.asked_by}",
        asked_at=found.asked_at,
        own=found.asked_by == reader,
    )


def offers_to(account_id: int) -> list[Organisation]:
    """Return the organisations that wait for the person's answer to be an approver, by name."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(PendingDecision, PendingDecision.organisation_id == Organisation.id)
            .where(
                PendingDecision.kind == APPROVER_OFFER.name,
                PendingDecision.account_id == account_id,
                has_not_ended(now()),
            )
            .order_by(Organisation.search_name, Organisation.id)
        )
    )
