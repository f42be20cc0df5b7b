"""A person's name and address, repeated in their memberships when the person changes them.

Lists of an organisation sort and search by the copies.
"""

from sqlalchemy import or_, select

from app.actors import Actor
from app.audit import record
from app.database import db
from approvals.memberships import facts
from approvals.memberships.models import Membership
from approvals.operators import actions
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation
from identity.accounts.person import Person, PersonalDetails
from identity.email_address import EmailAddress


def lock_organisations(*accounts: Person) -> None:
    """Lock the organisations that people belong to, or are invited to at their addresses.

    In one order. Must run inside `writing()`.
    """
    keys = [EmailAddress.parse(each.email).key for each in accounts]
    organisations = select(Membership.organisation_id).where(
        or_(
            Membership.account_id.in_([each.id for each in accounts]),
            Membership.email_key.in_(keys),
        ),
        Membership.open,
    )
    for organisation_id in sorted(set(db.session.scalars(organisations))):
        facts.lock_organisation(db.session(), organisation_id)


def repeat(account: Person, former: PersonalDetails, actor: Actor) -> None:
    """Write the new details to each open membership, and record the change for its approvers.

    Must run inside `writing()`, under the locks of `lock_organisations`. Where another open
    membership of the organisation is at the new address, the person's keeps the former one.
    """
    address = db.session.get_one(Account, account.id).address
    rows = db.session.execute(
        select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.account_id == account.id,
            Membership.joined_at.is_not(None),
            Membership.open,
        )
        .order_by(Membership.id)
        .execution_options(populate_existing=True)
    ).all()
    for membership, organisation in rows:
        free = facts.is_free(organisation.id, address, membership)
        membership.describe(
            email=address if free else membership.address,
            given_name=account.given_name,
            family_name=account.family_name,
        )
        db.session.flush()
        for event, before, after in _changes(account, former):
            record(
                event,
                actor=actor,
                organisation=organisation.public_id,
                subject=account.subject,
                before=before,
                after=after,
                membership=membership.public_id,
                person=account.name,
                former=former.name,
            )
    actions.repeat_address(account.id, address)
    _repeat_in_invitations(EmailAddress.parse(former.email), address)


def _repeat_in_invitations(former: EmailAddress, address: EmailAddress) -> None:
    """Write the new address to memberships whose open invitation was redirected to it."""
    redirected = db.session.scalars(
        select(Membership)
        .join(Invitation, Invitation.id == Membership.invitation_id)
        .where(
            Membership.open,
            Membership.joined_at.is_(None),
            Membership.email_key == former.key,
            Invitation.email_key == address.key,
        )
        .order_by(Membership.id)
    ).all()
    for membership in redirected:
        if facts.is_free(membership.organisation_id, address, membership):
            membership.describe(
                email=address,
                given_name=membership.given_name,
                family_name=membership.family_name,
            )
    db.session.flush()


def _changes(
    account: Person, former: PersonalDetails
) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    changes = []
    if account.name != former.name or account.given_name != former.given_name:
        names = ({"name": former.name}, {"name": account.name})
        changes.append(("membership.renamed", *names))
    if account.email != former.email:
        addresses = ({"email": former.email}, {"email": account.email})
        changes.append(("membership.address_changed", *addresses))
    return changes
