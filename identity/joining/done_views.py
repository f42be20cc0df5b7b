"""Pages after the account was made or the invitation accepted: terms, and the confirmation."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.web.authorisation import anyone, permit
from identity.accounts import invitations, registrations
from identity.accounts.models import Invitation
from identity.credentials.password import PASSWORD
from identity.joining import actions, other_ways
from identity.joining.blueprint import blueprint
from identity.ports import approvals
from identity.sessions.access import signed_in
from identity.sessions.current_session import current, signed_in_session
from identity.sign_in import ask_for_terms


@blueprint.get("/join/terms")
@permit(anyone)
def terms() -> ResponseReturnValue:
    """Show the terms of the platform and of the services of the invitation."""
    session = current()
    invitation = invitations.by_public_id(request.args.get("invitation"))
    if session is None or invitation is None or invitation.account_id != session.account_id:
        return redirect(approvals().home(), code=303)
    return terms_then_done(invitation)


@blueprint.get("/join/done")
@permit(signed_in)
def done() -> ResponseReturnValue:
    """Show the confirmation to the person who just accepted; lead others to their home page."""
    session = signed_in_session()
    invitation = invitations.by_public_id(request.args.get("invitation"))
    if invitation is None or not actions.accepted_recently(invitation, session.account):
        return redirect(approvals().home(), code=303)
    return render_template(
        "joining/done.html",
        account=session.account,
        home=approvals().home(),
        with_password=PASSWORD.enrolled(session.account_id),
        ways_in=actions.ways_in(invitation),
        limited=session.is_limited,
        way=other_ways.page_to_link(invitation, session),
        ask=approvals().request_form() if registrations.is_registration(invitation) else None,
    )


def terms_then_done(invitation: Invitation) -> ResponseReturnValue:
    """Ask for the terms of the platform and of the invitation, then confirm that they joined."""
    services = actions.describe(invitation).services
    done_page = url_for(".done", invitation=invitation.public_id)
    return ask_for_terms(done_page, signed_in_session(), services=services)
