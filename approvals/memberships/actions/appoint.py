"""Appointing an approver from outside an organisation."""

from app.actors import Actor
from approvals.memberships import facts
from approvals.memberships.actions.add_member import add_member
from approvals.memberships.actions.appointments import make_approver
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.email_address import EmailAddress


def appoint_approver(
    organisation: Organisation,
    email: EmailAddress,
    given_name: str,
    family_name: str,
    actor: Actor,
    *,
    second_decider: str | None = None,
) -> Membership:
    """Appoint the person with this address, by invitation where they do not belong yet.

    second_decider: the operator or command that decides with an operator. Raises RefusalError.
    """
    member = facts.open_membership(organisation.id, email)
    if member is not None:
        return make_approver(member, actor=actor, second_decider=second_decider)
    return add_member(
        organisation,
        email=email,
        given_name=given_name,
        family_name=family_name,
        approver=True,
        actor=actor,
        second_decider=second_decider,
    )
