"""Pages of approvers: the requests that wait for them and those that ended, and one request."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.access_requests import actions, decider_queries
from approvals.access_requests.actions import RequestEnded
from approvals.access_requests.decider_queries import RequestPage
from approvals.access_requests.forms import DecisionForm
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.forms import Confirmation
from approvals.refusals import not_there
from identity.sessions.current_session import signed_in_session

Answer = str | Response
WAITING, DECIDED = "waiting", "decided"


def add_to(pages: Blueprint) -> None:
    """Add the pages of approvers."""
    pages.get("/o/<organisation>/requests")(of_organisation)
    pages.route("/o/<organisation>/requests/<request_id>", methods=["GET", "POST"])(decide)


@permit(approver_of)
def of_organisation(**_route: str) -> Answer:
    """List the requests that wait, oldest first, or with `tab=decided` those that ended."""
    organisation, at = this_organisation(), now()
    tab = DECIDED if request.args.get("tab") == DECIDED else WAITING
    read = decider_queries.waiting_requests if tab == WAITING else decider_queries.decided_requests
    return render_template(
        "access_requests/list.html",
        organisation=organisation,
        tab=tab,
        page=read(organisation, at, page=requested_page()),
        waiting=decider_queries.count_waiting(organisation, at),
        me=signed_in_session().account_id,
        form=Confirmation(),
    )


@permit(approver_of)
def decide(request_id: str, **_route: str) -> Answer:
    """Show a request, and decide it. The stored request says what is given, not the form."""
    organisation = this_organisation()
    found = decider_queries.request_for_approver(
        organisation, request_id, signed_in_session().account, now()
    )
    if found is None:
        raise not_there("no such request to the organisation")
    back = url_for(".of_organisation", organisation=organisation.public_id)
    form = decision_form(found)
    if form.validate_on_submit():
        if apply_decision(form, found):
            return redirect(back, 303)
        again = url_for(".decide", organisation=organisation.public_id, request_id=request_id)
        if not form.form_errors:
            return redirect(again, 303)
    return render_template(
        "access_requests/decide.html", organisation=organisation, found=found, form=form, back=back
    )


def decision_form(found: RequestPage) -> DecisionForm:
    """Return the form for a decision about the request."""
    form = DecisionForm()
    form.offer([group.code for group in found.lesser])
    return form


def apply_decision(form: DecisionForm, found: RequestPage) -> bool:
    """Decide as the form says; False where that was refused, or somebody was faster."""
    decider, row = signed_in_session().account, found.row
    try:
        if form.rejects:
            actions.reject(row.decision, decider, reason=form.reason.data or "")
            flash(f"Request rejected. {row.asker.name} has been told by email.", "success")
        else:
            actions.approve(row.decision, decider, user_group=form.lesser_group)
            flash(f"Request approved. {row.asker.name} has been told by email.", "success")
    except RequestEnded as error:
        flash(error.refusal.sentence, "important")
        return False
    except RefusalError as error:
        show_refusal(form, error.refusal)
        return False
    return True
