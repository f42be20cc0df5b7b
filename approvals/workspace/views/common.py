"""Shared by the views: the person addressed, and the person acting.

Views take the route's `organisation` as `**_route`: the rule has resolved it already, and
`this_organisation()` gives it.
"""

from flask import url_for

from approvals.memberships import journeys
from approvals.memberships.access import this_organisation
from approvals.memberships.models import Membership
from approvals.refusals import not_there
from approvals.workspace import queries
from identity.accounts.person import Person
from identity.sessions.current_session import signed_in_session


def the_member(public_id: str) -> Membership:
    """Return the person of this organisation whom the route names.

    A page about somebody who no longer belongs to it leads to their own page, which says so
    (raises `FinishedError`). Raises `NotFound` for any other id.
    """
    found = queries.open_member(this_organisation(), public_id)
    if found is not None:
        return found
    if ended_member(public_id) is not None:
        raise journeys.FinishedError(page_of(public_id))
    raise not_there("no such person in the organisation")


def ended_member(public_id: str) -> Membership | None:
    """Return the closed membership of a person who no longer belongs to this organisation."""
    return queries.ended_member(this_organisation(), public_id)


def page_of(member: str) -> str:
    """Return the address of a person's page in this organisation."""
    return url_for("memberships.user", organisation=this_organisation().public_id, member=member)


def me() -> Person:
    """Return the account of the signed-in person."""
    return signed_in_session().account
