"""Beginning a change of a person's email address, such as after a change of the domain."""

from app.actors import Actor
from app.audit import record
from app.database import db, writing
from app.refusal import RefusalError
from approvals.memberships import facts, rules
from approvals.memberships.models import Membership
from identity.accounts.models import Account
from identity.email_address import EmailAddress
from identity.email_changes.models import EmailChange
from identity.own_account import email_actions


def begin_address_change(
    membership: Membership, *, email: EmailAddress, actor: Actor
) -> EmailChange:
    """Send a link to the new address, and tell the present one.

    The address changes when the person, signed in with both factors, confirms it by the link. The
    outcome is the same for an address that has an account. Raises RefusalError.
    """
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        approvers = facts.active_approvers(membership.organisation_id)
        acting = facts.account_of(actor)
        refusal = rules.may_act(
            facts.authority(actor, acting, approvers, about_approvers=membership.is_approver)
        ) or rules.may_begin_address_change(
            open_=membership.open,
            joined=membership.joined_at is not None,
            oneself=acting is not None and acting.id == membership.account_id,
            taken_here=not facts.is_free(membership.organisation_id, email, membership),
        )
        if refusal is not None:
            raise RefusalError(refusal)
        organisation = facts.lock_organisation(session, membership.organisation_id)
        change = email_actions.begin_for(
            db.session.get_one(Account, membership.account_id),
            email,
            actor=actor,
            organisation=organisation.public_id,
            place=organisation.name,
        )
        record(
            "membership.address_change_begun",
            actor=actor,
            organisation=organisation.public_id,
            after={"email": email.text},
            membership=membership.public_id,
            person=membership.name,
        )
    return change
