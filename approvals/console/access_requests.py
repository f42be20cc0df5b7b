"""Operators' decisions about requests for access that nobody nearer can, or did, decide."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.access_requests import decider_queries
from approvals.access_requests.approver_views import apply_decision, decision_form
from approvals.console import look_ups
from approvals.operators.access import IN_PLACE_OF_ORGANISATION, operator
from identity.sessions.current_session import signed_in_session


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.get("/requests")(requests)
    pages.route("/requests/<request_id>", methods=["GET", "POST"])(request_for_access)


@permit(operator)
def requests() -> ResponseReturnValue:
    """List the requests that operators may decide, oldest first."""
    return render_template("console/requests.html", rows=look_ups.list_requests(now()))


@permit(operator)
def request_for_access(request_id: str) -> ResponseReturnValue:
    """Show a request, record the look-up, and decide it."""
    found = decider_queries.request_for_operator(request_id, signed_in_session().account, now())
    if found is None:
        raise NotFound("no such request")
    form = decision_form(found)
    if form.validate_on_submit():
        if apply_decision(form, found):
            return redirect(url_for("console.requests"), 303)
        if not form.form_errors:
            return redirect(url_for("console.request_for_access", request_id=request_id), 303)
    look_ups.record_person_read(found.row.asker)
    return render_template(
        "access_requests/decide.html",
        organisation=IN_PLACE_OF_ORGANISATION,
        found=found,
        form=form,
        back=url_for("console.requests"),
    )
