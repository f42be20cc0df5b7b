"""An invitation to a person who has joined, with which they link an account of the organisation."""

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import writing
from approvals.memberships.models import Membership
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from identity.accounts import invitations
from identity.upstream import queries
from identity.upstream.identities import linked_providers


def connection_of(membership: Membership, organisation: Organisation) -> str | None:
    """Return the name of the sign-in that the person can still link, or None."""
    if membership.joined_at is None or membership.account_id is None:
        return None
    connection = queries.connection_of_domain(membership.email_key.rpartition("@")[2])
    if (
        connection is None
        or queries.is_linked(membership.account_id, connection)
        or not organisations_within(connection.organisations, [organisation.public_id], now())
    ):
        return None
    return connection.name


def sign_ins_of(membership: Membership, organisation: Organisation) -> list[str]:
    """Return the names of the organisation's own sign-ins that the person has linked."""
    if membership.joined_at is None or membership.account_id is None:
        return []
    return [
        each.name
        for each in linked_providers(membership.account_id)
        if each.in_use and organisations_within(each.organisations, [organisation.public_id], now())
    ]


def send(membership: Membership, organisation: Organisation, actor: Actor) -> None:
    """Send the invitation, which gives no access. Raises RefusalError at the limit on mails."""
    with writing():
        invitations.invite(
            membership.address,
            membership.given_name,
            membership.family_name,
            invited_by=actor.persons_name,
            sender=organisation.public_id,
            organisation_name=organisation.name,
        )
        record(
            "membership.sign_in_link_sent",
            organisation=organisation.public_id,
            membership=membership.public_id,
            person=membership.name,
        )
