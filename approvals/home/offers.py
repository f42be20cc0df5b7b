"""The answer of a person whom a parent body asks to be an approver."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.approver_proposals import offers, queries
from approvals.home.forms import OfferForm
from approvals.memberships.access import member_of, this_organisation
from approvals.workspace.views.common import me
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import FreshSignIn


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.route("/account/approver/<organisation>", methods=["GET", "POST"])(approver_offer)


@permit(FreshSignIn(member_of))
def approver_offer(**_route: str) -> ResponseReturnValue:
    """Ask whether the person wants to be an approver, and record the answer."""
    organisation, form, account = this_organisation(), OfferForm(), me()
    if form.validate_on_submit():
        try:
            if form.accept.data:
                offers.accept_offer(account, organisation, signed_in_session().id)
                flash(f"You are now an approver for {organisation.name}.", "success")
                return redirect(
                    url_for("memberships.home", organisation=organisation.public_id), 303
                )
            offers.decline_offer(account, organisation)
            flash(f"You did not become an approver for {organisation.name}.", "success")
            return redirect(url_for("home.home"), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    elif organisation not in queries.offers_to(account.id):
        return redirect(url_for("home.home"), 303)
    return render_template(
        "home/offer.html", organisation=organisation, form=form, back=url_for("home.home")
    )
