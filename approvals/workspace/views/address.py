"""The page on which an approver begins a change of a person's email address."""

from flask import Blueprint, flash, redirect, render_template
from werkzeug import Response

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.actions import begin_address_change
from approvals.memberships.forms import EmailForm
from approvals.workspace.views.common import page_of, the_member
from identity.sessions.step_up import FreshSignIn


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.route("/o/<organisation>/users/<member>/email", methods=["GET", "POST"])(change_address)


@permit(FreshSignIn(approver_of))
def change_address(member: str, **_route: str) -> str | Response:
    """Send a link to the person's new address; they confirm it there."""
    person, form = the_member(member), EmailForm()
    if form.validate_on_submit():
        try:
            begin_address_change(person, email=form.email.address, actor=current_actor())
        except RefusalError as error:
            show_refusal(form, error.refusal, form.email)
        else:
            flash(
                f"We have sent a link to {form.email.address}. The address of {person.name} "
                "changes when they confirm it there.",
                "success",
            )
            return redirect(page_of(member), 303)
    return render_template(
        "workspace/address.html",
        organisation=this_organisation(),
        person=person,
        form=form,
        back=page_of(member),
    )
