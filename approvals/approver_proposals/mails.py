"""Mails about approvers who are appointed from outside. Called inside `writing()`."""

from app.actors import Actor
from app.outbox import send_mail
from approvals.approver_proposals.decisions import ProposedApprover
from approvals.operators import actions as operators
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.accounts.person import Person

_TEMPLATES = "approver_proposals"


def proposed(organisation: Organisation, person: ProposedApprover, actor: Actor) -> None:
    """Ask the other operators to agree."""
    for operator in operators.active_operators():
        if operator.subject != actor.identifier:
            send_mail(
                to=operator.email,
                template=f"{_TEMPLATES}/proposed",
                context={
                    "person": person.name,
                    "email": person.email,
                    "organisation": organisation.name,
                    "actor": "A command on the server" if actor.kind == "command" else actor.name,
                    # Commands send mails too, and outside requests Flask builds no addresses.
                    "page": f"/ops/organisations/{organisation.public_id}/approvers/proposal",
                },
            )


def ended(
    organisation: Organisation, person: str, to: Account, actor: Actor, reason: str | None
) -> None:
    """Notify the proposer that nothing came of the proposal or the offer."""
    send_mail(
        to=to.email,
        template=f"{_TEMPLATES}/ended",
        context={
            "person": person,
            "organisation": organisation.name,
            "actor": "An operator" if actor.kind == "command" else actor.name,
            "reason": reason,
        },
    )


def offered(organisation: Organisation, to: Person, body: Organisation, actor: Actor) -> None:
    """Ask a member to be an approver."""
    send_mail(
        to=to.email,
        template=f"{_TEMPLATES}/offered",
        context={
            "person": to.name,
            "organisation": organisation.name,
            "body": body.name,
            "actor": actor.name,
            "page": f"/account/approver/{organisation.public_id}",
        },
    )
