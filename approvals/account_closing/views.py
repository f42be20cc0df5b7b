"""The page on which people close their own account."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.days import in_words
from app.refusal import RefusalError
from app.web.authorisation import permit
from approvals.account_closing import own_request
from approvals.memberships.forms import Confirmation
from identity.sessions.access import signed_in, signed_in_with_own_factors
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import FreshSignIn
from identity.settings import settings

pages = Blueprint("account_closing", __name__)


@pages.route("/account/close", methods=["GET", "POST"])
@permit(FreshSignIn(signed_in_with_own_factors))
def close() -> ResponseReturnValue:
    """Show what ends and what is erased with the account, and plan the closing."""
    account, form = signed_in_session().account, Confirmation()
    if form.validate_on_submit():
        try:
            own_request.request(account.id)
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
        return redirect(url_for("account_closing.close"), 303)
    closing = own_request.gather(account.id)
    return render_template(
        "account_closing/close.html",
        form=form,
        closing=closing,
        ends=closing.ends(),
        wait=settings().account_erasure_wait_days,
        email=account.email,
    )


@pages.post("/account/close/stop")
@permit(signed_in)
def stop() -> ResponseReturnValue:
    """Stop the planned closing of the account."""
    form = Confirmation()
    if form.validate_on_submit():
        try:
            own_request.stop(signed_in_session().account_id)
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
        else:
            flash("Your account stays open.", "success")
    return redirect(url_for("account_closing.close"), 303)


def summary(session: ActiveSession) -> str:
    """Return the fact for the row of the account page."""
    planned_for = own_request.planned_for(session.account_id)
    if planned_for is None:
        return "Close it, and erase your data"
    return f"Will be closed on {in_words(planned_for)}"
