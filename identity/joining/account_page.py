"""The page of one's own account."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.web.authorisation import permit
from identity.credentials import recovery_codes
from identity.joining.blueprint import blueprint
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session
from identity.sessions.queries import live_sessions


@blueprint.get("/account")
@permit(signed_in)
def account() -> ResponseReturnValue:
    """Show the person's own account."""
    session = signed_in_session()
    return render_template(
        "joining/account.html",
        account=session.account,
        session=session,
        remaining=recovery_codes.remaining(session.account_id),
        sessions=len(live_sessions(session.account_id)),
    )
