"""The page of one's own account."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.web.authorisation import permit
from identity.joining.blueprint import blueprint
from identity.sessions.access import signed_in
from identity.sessions.account_rows import ACCOUNT_ROWS
from identity.sessions.current_session import signed_in_session


@blueprint.get("/account")
@permit(signed_in)
def account() -> ResponseReturnValue:
    """Show the person's own account."""
    session = signed_in_session()
    rows = sorted(ACCOUNT_ROWS.values(), key=lambda row: row.order)
    return render_template(
        "joining/account.html",
        session=session,
        rows=[(row, row.value(session)) for row in rows if row.offered(session)],
    )
