"""Remits that a service may read with its own token: those of its people (docs/decisions/0022)."""

from datetime import datetime

from sqlalchemy import select

from app.database import db
from approvals.access_model import definitions
from approvals.memberships.models import Grant, Membership
from approvals.remits.remit import Remit

_SCOPES_OF_KIND = {"all": ("all",), "training": ("training",), "own": ("own", "remit")}


def is_of_service(remit: Remit, service: str, at: datetime) -> bool:
    """Return whether somebody of the service holds a group with this remit now.

    One statement, without the decision for each person: the person's own token has their rights,
    and the list of schools is the same for all of them.
    """
    definition = definitions.service(service, at)
    if definition is None:
        return False
    scopes = _SCOPES_OF_KIND.get(remit.kind, ("remit",))
    groups = [group.code for group in definition.groups if group.schools in scopes]
    statement = (
        select(Grant.id)
        .join(Membership, Membership.id == Grant.membership_id)
        .where(
            Grant.service == service,
            Grant.user_group.in_(groups),
            Grant.counts_at(at),
            Membership.joined_at.is_not(None),
            Membership.ends_after(at),
        )
        .limit(1)
    )
    if remit.organisation is not None:
        statement = statement.where(Membership.organisation_id == remit.organisation.id)
    return db.session.scalar(statement) is not None
