"""Appointing an approver from outside an organisation: a command, or an operator."""

from app.actors import Actor
from approvals.memberships import facts
from approvals.memberships.actions.add_member import add_member
from approvals.memberships.actions.appointments import make_approver
from approvals.organisations.models import Organisation
from identity.email_address import EmailAddress


def appoint_approver(
    organisation: Organisation, email: EmailAddress, given_name: str, family_name: str, actor: Actor
) -> str:
    """Appoint the person with this address, by invitation where they do not belong yet.

    Return a sentence for the operator. Raises RefusalError.
    """
    member = facts.open_membership(organisation.id, email)
    if member is not None:
        make_approver(member, actor=actor)
        return f"{member.name} is now an approver for {organisation.name}."
    member = add_member(
        organisation,
        email=email,
        given_name=given_name,
        family_name=family_name,
        approver=True,
        actor=actor,
    )
    return f"Invited {member.email} as an approver for {organisation.name}."
