"""Removing a person from an organisation, and leaving one oneself."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import rules
from approvals.memberships.access import (
    approver_of,
    member_of,
    own_membership,
    this_organisation,
)
from approvals.memberships.actions import leave, remove_member
from approvals.memberships.forms import Confirmation
from approvals.memberships.queries import belongs_somewhere
from approvals.workspace import queries
from approvals.workspace.views.common import ended_member, me, page_of, the_member
from identity.sessions.step_up import FreshSignIn

Answer = str | Response


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.route("/o/<organisation>/users/<member>/remove", methods=both)(remove)
    pages.get("/o/<organisation>/users/<member>/removed")(removed)
    pages.route("/account/leave/<organisation>", methods=both)(leave_organisation)


@permit(FreshSignIn(approver_of))
def remove(member: str, **_route: str) -> Answer:
    """Remove the person from the organisation after a confirmation."""
    organisation, form = this_organisation(), Confirmation()
    done = url_for("memberships.removed", organisation=organisation.public_id, member=member)
    if form.is_submitted() and ended_member(member) is not None:
        # Pressed twice: the first had the effect.
        return redirect(done, 303)
    person = the_member(member)
    if person.id == own_membership().id:
        return redirect(
            url_for("memberships.leave_organisation", organisation=organisation.public_id), 303
        )
    if form.validate_on_submit():
        try:
            remove_member(person, actor=current_actor())
            return redirect(done, 303)
        except RefusalError as error:
            if error.refusal == rules.NOT_OPEN:
                return redirect(done, 303)
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/removal/remove.html",
        organisation=organisation,
        person=person,
        form=form,
        **vars(queries.consequences(organisation, person, now())),
        back=url_for(
            "memberships.user", organisation=organisation.public_id, member=person.public_id
        ),
    )


@permit(approver_of)
def removed(member: str, **_route: str) -> Answer:
    """Show the confirmation: what ended, who is notified, and how to undo it.

    For people whose membership ended in another way, or not at all, their own page says how it is.
    """
    organisation, person = this_organisation(), ended_member(member)
    if person is None:
        the_member(member)  # Somebody of another organisation has no page here, and no redirect.
    if person is None or person.ended_cause not in {"removed", "invitation withdrawn"}:
        return redirect(page_of(member), 303)
    return render_template(
        "workspace/removal/removed.html",
        organisation=organisation,
        person=person,
        **vars(queries.removal(organisation, person, now())),
    )


@permit(FreshSignIn(member_of))
def leave_organisation(**_route: str) -> Answer:
    """End one's own membership after a confirmation."""
    organisation, form, account = this_organisation(), Confirmation(), me()
    person = the_member(own_membership().public_id)
    if form.validate_on_submit():
        try:
            leave(person, actor=current_actor())
            if belongs_somewhere(account.id):
                flash(f"You have left {organisation.name}.", "success")
                return redirect(url_for("home.home"), 303)
            return redirect("/", 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/removal/leave.html",
        organisation=organisation,
        person=person,
        form=form,
        **vars(queries.consequences(organisation, person, now())),
        back=url_for("home.home"),
    )
