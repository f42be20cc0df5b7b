"""Rules for the authorisation layer about the pages of an organisation.

A rule stores its findings in `flask.g` for the view: `this_organisation()` and `own_membership()`
give it.
"""

from collections.abc import Mapping
from datetime import datetime

from flask import g
from sqlalchemy import select

from app.clock import now
from app.database import db
from app.web.authorisation import Allowed, Refused
from approvals.memberships.approvers import (
    begin_of_power,
    can_approve,
    named_since,
    power_since,
)
from approvals.memberships.models import Membership
from approvals.memberships.rules import Authority
from approvals.memberships.waiting_access import WaitingAccess, find_waiting
from approvals.operators.actions import operator_since
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from approvals.refusals import denied
from identity.accounts.models import Account
from identity.sessions import current
from identity.sessions.access import needs_own_factors, signed_in
from identity.sessions.step_up import needs_proof_of_power


def member_of(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow members of the organisation that the route names."""
    outcome = signed_in(arguments)
    if isinstance(outcome, Refused):
        return outcome
    found = _own_membership(str(arguments["organisation"]))
    if found is None:
        return _no_such_page("does not belong to the organisation")
    g.organisation, g.own_membership, g.approver_since = found
    return Allowed() if _opens(found[0].public_id) else needs_own_factors()


def approver_of(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow approvers of the organisation in the route; for others it does not exist."""
    outcome = member_of(arguments)
    if isinstance(outcome, Refused):
        return outcome
    if g.approver_since is None:
        return _no_such_page("is not an approver of the organisation")
    return needs_proof_of_power(g.approver_since) or Allowed()


def person_of_waiting_access(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow everybody who may decide about the organisation of access that waits, and its asker."""
    outcome = signed_in(arguments)
    session = current()
    if isinstance(outcome, Refused) or session is None:
        return outcome
    waiting = find_waiting(str(arguments["decision"]))
    if waiting is None:
        return _no_such_page("there is no such access that waits")
    deciders = waiting.deciders(now())
    is_asker = waiting.decision.asked_by == session.account.subject
    if not is_asker and deciders.authority(session.account_id) is Authority.NONE:
        return _no_such_page("decides nothing about the organisation")
    g.waiting_access = waiting
    if session.is_limited:
        return needs_own_factors()
    account_id = session.account_id
    since = [power_since(account_id, now()), operator_since(account_id)]
    latest = max((each for each in since if each is not None), default=None)
    return needs_proof_of_power(latest) or Allowed()


def this_waiting_access() -> WaitingAccess:
    """Return the access of the route, which the rule has admitted the person to."""
    found: WaitingAccess = g.waiting_access
    return found


def this_organisation() -> Organisation:
    """Return the organisation of the route, which the rule has admitted the person to."""
    found: Organisation = g.organisation
    return found


def own_membership() -> Membership:
    """Return the person's own membership of that organisation."""
    found: Membership = g.own_membership
    return found


def _opens(organisation: str) -> bool:
    """Return whether the session opens the organisation: one of a provider opens its own only."""
    session = current()
    return (
        session is None
        or session.organisations is None
        or bool(organisations_within(session.organisations, [organisation], now()))
    )


def _own_membership(public_id: str) -> tuple[Organisation, Membership, datetime | None] | None:
    """Return the person's organisation and membership, and since when they can approve there."""
    session, at = current(), now()
    if session is None:
        return None
    found = db.session.execute(
        select(Organisation, Membership, can_approve(at), *named_since(at))
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Organisation.public_id == public_id,
            Membership.account_id == session.account_id,
            Membership.open,
            Membership.joined_at.is_not(None),
        )
    ).one_or_none()
    if found is None:
        return None
    organisation, membership, approves, *named = found
    since = begin_of_power(membership.joined_at, *named) if approves else None
    return organisation, membership, since


def _no_such_page(reason: str) -> Refused:
    denied(reason)
    return Refused(reason, hidden=True)
