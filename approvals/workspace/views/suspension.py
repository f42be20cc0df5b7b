"""Reopening the access of a person whose membership is suspended."""

from flask import Blueprint, flash, redirect, render_template
from werkzeug import Response

from app.web.authorisation import permit
from approvals.memberships import suspension
from approvals.memberships.access import approver_of, own_membership, this_organisation
from approvals.memberships.forms import Confirmation
from approvals.workspace.views.common import page_of, the_member
from identity.sessions.step_up import FreshSignIn


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    pages.route("/o/<organisation>/users/<member>/reopen", methods=["GET", "POST"])(reopen)


@permit(FreshSignIn(approver_of))
def reopen(member: str, **_route: str) -> str | Response:
    """Reopen the person's access after a confirmation."""
    organisation, person, form = this_organisation(), the_member(member), Confirmation()
    if person.suspended_at is None or person.id == own_membership().id:
        return redirect(page_of(member), 303)
    if form.validate_on_submit():
        if suspension.reopen(person):
            flash(f"The access of {person.name} is open again.", "success")
        return redirect(page_of(member), 303)
    return render_template(
        "workspace/reopen.html",
        organisation=organisation,
        person=person,
        cause=suspension.cause_of(person),
        form=form,
        back=page_of(member),
    )
