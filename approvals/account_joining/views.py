"""Pages on which people prove two accounts, and on which operators join them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.account_joining import actions, facts, look_ups
from approvals.memberships.forms import Confirmation, ReasonForm
from approvals.operators.access import operator
from approvals.pending_decisions.decisions import Agreement
from identity.sessions.access import signed_in, signed_in_with_own_factors
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import FreshSignIn

pages = Blueprint("account_joining", __name__)


@pages.route("/account/join", methods=["GET", "POST"])
@permit(FreshSignIn(signed_in_with_own_factors))
def begin() -> ResponseReturnValue:
    """Begin to join two accounts, with the one that the person keeps."""
    session, form = signed_in_session(), Confirmation()
    if form.validate_on_submit():
        try:
            actions.begin(session.account_id, bound_browser().secret_hash or "")
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
        return redirect(url_for("account_joining.begin"), 303)
    return render_template(
        "account_joining/begin.html",
        form=form,
        state=facts.state_of(session.account_id, current_browser().secret_hash),
        email=session.account.email,
    )


@pages.route("/account/join/<joining>", methods=["GET", "POST"])
@permit(FreshSignIn(signed_in_with_own_factors))
def prove(joining: str) -> ResponseReturnValue:
    """Prove the other account, signed in with it."""
    session, form, browser = signed_in_session(), Confirmation(), current_browser()
    if form.validate_on_submit():
        try:
            actions.prove_other(joining, session.account_id, browser.secret_hash)
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
        return redirect(url_for("account_joining.begin"), 303)
    return redirect(url_for("account_joining.begin"), 303)


@pages.post("/account/join/stop")
@permit(signed_in)
def stop() -> ResponseReturnValue:
    """Stop the joining of the person's accounts."""
    if Confirmation().validate_on_submit():
        try:
            actions.stop(signed_in_session().account_id)
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
        else:
            flash("Your accounts stay as they are.", "success")
    return redirect(url_for("account_joining.begin"), 303)


@pages.get("/ops/joinings")
@permit(operator)
def joinings() -> ResponseReturnValue:
    """List the requests to join accounts."""
    return render_template("account_joining/list.html", rows=look_ups.list_waiting())


@pages.route("/ops/joinings/<joining>", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def decide(joining: str) -> ResponseReturnValue:
    """Show both accounts, and agree to join them."""
    form, actor = Confirmation(), current_actor()
    if form.validate_on_submit():
        try:
            result = actions.agree_to_joining(joining, actor)
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
            return redirect(url_for("account_joining.joinings"), 303)
        if result is Agreement.DECIDED:
            flash("The accounts are joined, and the person has been told by email.", "success")
        else:
            flash("You have agreed. Another operator has to agree as well.", "success")
        return redirect(url_for("account_joining.joinings"), 303)
    found = look_ups.read(joining)
    if found is None:
        raise NotFound("no such request")
    return render_template(
        "account_joining/decide.html",
        found=found,
        form=form,
        agreed=found.agreed_by == actor.identifier,
        refusal=facts.refusal_of(found),
        back=url_for("account_joining.joinings"),
    )


@pages.route("/ops/joinings/<joining>/refuse", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def refuse(joining: str) -> ResponseReturnValue:
    """Refuse to join two accounts, with a reason."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            actions.refuse(joining, current_actor(), form.reason.data or "")
        except RefusalError as error:
            flash(error.refusal.sentence, "error")
        else:
            flash("The request is refused, and the person has been told by email.", "success")
        return redirect(url_for("account_joining.joinings"), 303)
    if look_ups.read(joining) is None:
        raise NotFound("no such request")
    return render_template(
        "account_joining/refuse.html",
        form=form,
        back=url_for("account_joining.decide", joining=joining),
    )
