"""Rules of access to the operators' pages."""

from collections.abc import Mapping

from flask import g

from app.web.authorisation import Allowed, Refused
from approvals.operators.actions import operator_since
from approvals.refusals import denied
from identity.sessions import current
from identity.sessions.access import needs_own_factors, signed_in
from identity.sessions.step_up import needs_proof_of_power

IN_PLACE_OF_ORGANISATION = {"name": "Operators"}
"""Heading of a page that operators share with approvers, who have their organisation there."""


def operator(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow operators; for everybody else the page does not exist."""
    outcome = signed_in(arguments)
    session = current()
    if isinstance(outcome, Refused) or session is None:
        return outcome
    since = operator_since(session.account_id)
    if since is not None:
        g.operators_page = True
        if session.is_limited:
            return needs_own_factors()
        return needs_proof_of_power(since) or Allowed()
    denied("not an operator")
    return Refused("not an operator", hidden=True)


def on_operators_page() -> bool:
    """Return whether the request is an operator's, for one of the operators' pages."""
    return "operators_page" in g and g.operators_page is True
