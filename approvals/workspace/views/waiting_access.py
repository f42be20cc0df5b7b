"""Access that waits for a second approver: its list, and a page for everybody who may decide."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.memberships.access import (
    approver_of,
    person_of_waiting_access,
    this_organisation,
    this_waiting_access,
)
from approvals.memberships.actions import agree_to_access, refuse_access
from approvals.memberships.forms import Confirmation, ReasonForm
from approvals.memberships.waiting_lists import waiting_page
from approvals.workspace.views.common import me
from approvals.workspace.waiting_access import waiting_access_page
from identity.sessions.step_up import FreshSignIn

Answer = str | Response
ROOT = "/waiting-access/<decision>"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.get("/o/<organisation>/waiting-access")(waiting_list)
    pages.route(ROOT, methods=both)(waiting_access)
    pages.route(f"{ROOT}/refuse", methods=both)(refuse_waiting_access)


@permit(approver_of)
def waiting_list(**_route: str) -> str:
    """Show a page of what waits for the approvers of the organisation."""
    organisation = this_organisation()
    return render_template(
        "workspace/waiting_access/list.html",
        organisation=organisation,
        page=waiting_page(organisation, now(), page=requested_page()),
    )


@permit(FreshSignIn(person_of_waiting_access))
def waiting_access(decision: str) -> Answer:
    """Show what waits and for whom, and open the access after an agreement."""
    form = Confirmation()
    if form.validate_on_submit():
        try:
            done = agree_to_access(decision, me())
            flash(
                f"{done.membership.name} has {done.group_names} of {done.service_name}.", "success"
            )
            return redirect(url_for("home.home"), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/waiting_access/decide.html",
        form=form,
        back=url_for("home.home"),
        **vars(waiting_access_page(this_waiting_access(), me(), now())),
    )


@permit(FreshSignIn(person_of_waiting_access))
def refuse_waiting_access(decision: str) -> Answer:
    """Refuse the access with a reason, or take back what one gave oneself."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            done = refuse_access(decision, me(), form.reason.data or "")
            flash(
                f"{done.membership.name} does not get {done.group_names} of {done.service_name}.",
                "success",
            )
            return redirect(url_for("home.home"), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/waiting_access/refuse.html",
        form=form,
        back=url_for("memberships.waiting_access", decision=decision),
        **vars(waiting_access_page(this_waiting_access(), me(), now())),
    )
