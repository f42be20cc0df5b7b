"""Shared by the views: the person addressed, and the person acting.

Views take the route's `organisation` as `**_route`: the rule has resolved it already, and
`this_organisation()` gives it.
"""

from flask import url_for
from sqlalchemy import ColumnExpressionArgument, select

from app.database import db
from app.web.errors import Forbidden
from approvals.memberships import journeys
from approvals.memberships.access import this_organisation
from approvals.memberships.facts import WITH_EVERYTHING
from approvals.memberships.models import Membership
from approvals.refusals import not_there
from identity.accounts.models import Account
from identity.sessions import current


def the_member(public_id: str) -> Membership:
    """Return the person of this organisation whom the route names.

    A page about somebody who no longer belongs to it leads to their own page, which says so
    (raises `FinishedError`). Raises `NotFound` for any other id.
    """
    found = _find(public_id, Membership.open)
    if found is not None:
        return found
    if ended_member(public_id) is not None:
        raise journeys.FinishedError(page_of(public_id))
    raise not_there("no such person in the organisation")


def page_of(member: str) -> str:
    """Return the address of a person's page in this organisation."""
    return url_for("memberships.user", organisation=this_organisation().public_id, member=member)


def ended_member(public_id: str) -> Membership | None:
    """Return the closed membership of a person who no longer belongs to this organisation."""
    return _find(public_id, Membership.valid_to.is_not(None))


def _find(public_id: str, condition: ColumnExpressionArgument[bool]) -> Membership | None:
    return db.session.scalar(
        select(Membership)
        .where(
            Membership.public_id == public_id,
            Membership.organisation_id == this_organisation().id,
            condition,
        )
        .options(*WITH_EVERYTHING)
    )


def me() -> Account:
    """Return the account of the signed-in person."""
    session = current()
    if session is None:
        raise Forbidden("no session")
    return session.account
