"""The two kinds of decision of this room, and the person whom a proposal names."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from app.refusal import RefusalError
from approvals.approver_proposals import rules
from approvals.memberships.journeys import PersonAnswers
from approvals.pending_decisions.decisions import DecisionKind
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.person import full_name
from identity.email_address import EmailAddress

APPROVER_PROPOSAL = DecisionKind("approver_proposal", undecided=None)
"""An approver whom an operator proposed, until another operator decides. One an organisation."""
APPROVER_OFFER = DecisionKind("approver_offer", undecided=rules.OFFER_LASTS)
"""A member whom an approver of the parent body asked to be an approver, until they answer."""


@dataclass(frozen=True)
class ProposedApprover:
    """The person as the proposer typed them."""

    email: str
    given_name: str
    family_name: str

    @classmethod
    def of(cls, answers: PersonAnswers) -> ProposedApprover:
        """Return the person of a journey's answers."""
        return cls(answers["email"], answers["given_name"], answers["family_name"])

    @classmethod
    def in_decision(cls, decision: PendingDecision) -> ProposedApprover:
        """Return the person whom a stored proposal names."""
        return cls(**{key: str(value) for key, value in decision.details.items()})

    @property
    def details(self) -> dict[str, object]:
        """The person as a proposal stores them."""
        return asdict(self)

    @property
    def address(self) -> EmailAddress:
        """The email address as one value."""
        return EmailAddress.parse(self.email)

    @property
    def name(self) -> str:
        """The name, or the address where none was typed."""
        return full_name(self.given_name, self.family_name) or self.email


def open_proposal(organisation_id: int) -> PendingDecision | None:
    """Return the organisation's proposal that waits for another operator, or None."""
    return APPROVER_PROPOSAL.open_about(None, organisation_id)


def needed_offer(account_id: int, organisation_id: int) -> PendingDecision:
    """Return the open offer to the person. Raises RefusalError where none is open."""
    found = APPROVER_OFFER.open_about(account_id, organisation_id)
    if found is None:
        raise RefusalError(rules.TOO_LATE)
    return found
