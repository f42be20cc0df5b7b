"""Sending a person who has joined the link with which they connect the organisation's sign-in."""

from flask import Blueprint, flash, redirect, render_template
from werkzeug import Response

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import sign_in_link
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.forms import Confirmation
from approvals.workspace.views.common import page_of, the_member


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    pages.route("/o/<organisation>/users/<member>/sign-in-link", methods=["GET", "POST"])(
        link_sign_in
    )


@permit(approver_of)
def link_sign_in(member: str, **_route: str) -> str | Response:
    """Send the link after a confirmation."""
    organisation, person, form = this_organisation(), the_member(member), Confirmation()
    connection = sign_in_link.connection_of(person, organisation)
    if connection is None:
        return redirect(page_of(member), 303)
    if form.validate_on_submit():
        try:
            sign_in_link.send(person, organisation, current_actor())
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash(f"We sent {person.name} a link to connect {connection}.", "success")
            return redirect(page_of(member), 303)
    return render_template(
        "workspace/sign_in_link.html",
        organisation=organisation,
        person=person,
        connection=connection,
        form=form,
        back=page_of(member),
    )
