"""Whom a person without access can ask, and why there is none."""

from datetime import datetime

from approvals import access_model
from approvals.access_model import Answer
from approvals.memberships import queries
from approvals.memberships.catalogue import Catalogue
from identity.accounts.models import Account
from identity.ports import NoAccess

NO_ORGANISATION = (
    "You do not belong to an organisation. Ask the approver of your school, trust or authority "
    "to add you."
)
NO_APPROVER = "{} has no approver at the moment. Ask the people who run this service."
ADDED_AGAIN = "If you should still have access, ask an approver of {} to add you again."
YOURSELF = "You are the only approver of {}: you can give yourself a user group."


def whom_to_ask(account: Account, service: str, at: datetime) -> NoAccess:
    """The reasons of the decision for each organisation of the person, and who approves there."""
    answers = {
        answer.organisation.public_id: answer
        for answer in access_model.where_may(account.id, service, at)
    }
    catalogue = Catalogue(at)
    reasons: list[str] = []
    approvers: list[str] = []
    mine = queries.organisations_of(account.id)
    for organisation, _membership in mine:
        answer = answers.get(organisation.public_id)
        if answer is not None:
            reasons += _against(answer)
        if not any(offer.code == service for offer in catalogue.offers(organisation)):
            # Its approvers have nothing of the service to give.
            continue
        there = queries.approvers_of(organisation.id)
        others = [person.name for person in there if person.id != account.id]
        approvers += [f"{name}, {organisation.name}" for name in others]
        if not there:
            reasons.append(NO_APPROVER.format(organisation.name))
        elif not others:
            reasons.append(YOURSELF.format(organisation.name))
    if not mine:
        # Names of approvers are for those who belong there.
        for answer in answers.values():
            reasons += [*_against(answer), ADDED_AGAIN.format(answer.organisation.name)]
    return NoAccess(
        reasons=list(dict.fromkeys(reasons)) or ([] if answers else [NO_ORGANISATION]),
        approvers=approvers,
    )


def _against(answer: Answer) -> list[str]:
    """Why not, in sentences; nothing where the person may."""
    decision = answer.decision
    return [] if decision.allowed else [reason.sentence for reason in decision.reasons]
