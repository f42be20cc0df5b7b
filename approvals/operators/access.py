"""Rules of access to the operators' pages."""

from collections.abc import Mapping

from app.web.authorisation import Allowed, Refused
from approvals.operators.actions import is_operator
from approvals.refusals import denied
from identity.sessions import current
from identity.sessions.access import signed_in


def operator(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow operators; for everybody else the page does not exist."""
    outcome = signed_in(arguments)
    session = current()
    if isinstance(outcome, Refused) or session is None:
        return outcome
    if is_operator(session.account_id):
        return Allowed()
    denied("not an operator")
    return Refused("not an operator", hidden=True)
