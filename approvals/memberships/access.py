"""Who may use the pages about an organisation: rules for the authorisation layer.

What a rule found on its way stays in `flask.g` for the view: `this_organisation()` and
`own_membership()` give it.
"""

from collections.abc import Mapping
from typing import Any

from flask import g
from sqlalchemy import select

from app.database import db
from app.web.authorisation import Allowed, Refused
from approvals.memberships.models import Appointment, Membership
from approvals.organisations.models import Organisation
from approvals.refusals import denied
from identity.sessions import current
from identity.sessions.access import signed_in


def member_of(arguments: Mapping[str, Any]) -> Allowed | Refused:
    """Somebody who belongs to the organisation that the route names."""
    outcome = signed_in(arguments)
    if isinstance(outcome, Refused):
        return outcome
    found = _own_membership(str(arguments["organisation"]))
    if found is None:
        return _no_such_page("does not belong to the organisation")
    g.organisation, g.own_membership = found
    return Allowed()


def approver_of(arguments: Mapping[str, Any]) -> Allowed | Refused:
    """An approver of the organisation that the route names. For anybody else it is not there."""
    outcome = member_of(arguments)
    if isinstance(outcome, Refused):
        return outcome
    appointed = db.session.scalar(
        select(Appointment.id).where(
            Appointment.membership_id == own_membership().id, Appointment.valid_to.is_(None)
        )
    )
    if appointed is None:
        return _no_such_page("is not an approver of the organisation")
    return Allowed()


def this_organisation() -> Organisation:
    """The organisation of the route, which the rule has let the person into."""
    found: Organisation = g.organisation
    return found


def own_membership() -> Membership:
    """The person's own membership of that organisation."""
    found: Membership = g.own_membership
    return found


def _own_membership(public_id: str) -> tuple[Organisation, Membership] | None:
    session = current()
    if session is None:
        return None
    found = db.session.execute(
        select(Organisation, Membership)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(
            Organisation.public_id == public_id,
            Membership.account_id == session.account_id,
            Membership.valid_to.is_(None),
            Membership.joined_at.is_not(None),
        )
    ).one_or_none()
    return (found[0], found[1]) if found is not None else None


def _no_such_page(reason: str) -> Refused:
    denied(reason)
    return Refused(reason, hidden=True)
