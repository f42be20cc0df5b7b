"""Suspending the access of a person of the organisation, and restoring it."""

from flask import Blueprint, flash, redirect, render_template
from werkzeug import Response

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import suspension
from approvals.memberships.access import approver_of, own_membership, this_organisation
from approvals.memberships.actions import restore_member, suspend_member
from approvals.memberships.forms import Confirmation, ReasonForm
from approvals.memberships.models import Membership, SuspensionKind
from approvals.workspace.views.common import page_of, the_member
from identity.sessions.step_up import FreshSignIn

Answer = str | Response


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.route("/o/<organisation>/users/<member>/suspend", methods=both)(suspend)
    pages.route("/o/<organisation>/users/<member>/reopen", methods=both)(reopen)


@permit(FreshSignIn(approver_of))
def suspend(member: str, **_route: str) -> Answer:
    """Suspend the person's access, with a reason."""
    person, form = the_member(member), ReasonForm()
    kinds = {row.kind for row in suspension.open_suspensions(person)}
    if (
        SuspensionKind.APPROVER in kinds
        or person.joined_at is None
        or person.id == own_membership().id
    ):
        return redirect(page_of(member), 303)
    if form.validate_on_submit():
        try:
            suspend_member(person, reason=form.reason.data or "", actor=current_actor())
            flash(
                f"The access of {person.name} is suspended. They have been told by email.",
                "success",
            )
            return redirect(page_of(member), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return _page("suspend", person, form=form)


@permit(FreshSignIn(approver_of))
def reopen(member: str, **_route: str) -> Answer:
    """Restore the person's access after a confirmation."""
    person, form = the_member(member), Confirmation()
    rows = [
        row
        for row in suspension.open_suspensions(person)
        if SuspensionKind(row.kind) in suspension.RESTORABLE
    ]
    if not rows or person.id == own_membership().id:
        return redirect(page_of(member), 303)
    if form.validate_on_submit():
        try:
            restored = restore_member(person, actor=current_actor())
            flash(_banner(restored), "success")
            return redirect(page_of(member), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return _page("reopen", person, form=form, suspensions=rows)


def _banner(person: Membership) -> str:
    """Return the text of the banner after the access was restored."""
    if person.suspended_at is not None:
        return (
            f"The suspension of {person.name} ended. Their access stays closed until an approver "
            "agrees to the reset of their second step."
        )
    return f"The access of {person.name} is restored. They have been told by email."


def _page(template: str, person: Membership, **context: object) -> str:
    return render_template(
        f"workspace/{template}.html",
        organisation=this_organisation(),
        person=person,
        back=page_of(person.public_id),
        **context,
    )
