"""Removing a person from an organisation, and leaving one oneself."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.memberships import rules, wording
from approvals.memberships.access import (
    approver_of,
    member_of,
    own_membership,
    this_organisation,
)
from approvals.memberships.actions import leave, remove_member, undo_removal
from approvals.memberships.forms import Confirmation
from approvals.memberships.models import Membership
from approvals.memberships.queries import belongs_somewhere
from approvals.workspace import confirmations, former_people
from approvals.workspace.views.common import ended_member, me, page_of, the_member
from identity.sessions.step_up import FreshSignIn

Answer = str | Response


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.route("/o/<organisation>/users/<member>/remove", methods=both)(remove)
    pages.get("/o/<organisation>/users/<member>/removed")(removed)
    pages.route("/o/<organisation>/users/<member>/undo-removal", methods=both)(undo)
    pages.get("/o/<organisation>/former-users")(former_users)
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
        **vars(confirmations.consequences(organisation, person, now())),
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
        may_undo=former_people.undone_removal(organisation, person, now()) is not None,
        **vars(confirmations.removal(organisation, person, now())),
    )


@permit(FreshSignIn(approver_of))
def undo(member: str, **_route: str) -> Answer:
    """Undo the removal of a person after a confirmation that shows what returns."""
    organisation, form, person = this_organisation(), Confirmation(), ended_member(member)
    if person is None:
        return redirect(page_of(the_member(member).public_id), 303)
    if form.validate_on_submit():
        try:
            again, left_out = undo_removal(person, actor=current_actor())
            flash(_undone_banner(again, left_out), "success")
            return redirect(page_of(again.public_id), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    effect = former_people.undone_removal(organisation, person, now())
    if effect is None and not form.errors:
        return redirect(page_of(member), 303)
    return render_template(
        "workspace/removal/undo.html",
        organisation=organisation,
        person=person,
        form=form,
        effect=effect,
        back=page_of(member),
    )


def _undone_banner(person: Membership, left_out: Sequence[str]) -> str:
    """Return the text of the banner after a removal was undone."""
    parts = f" These parts did not return: {'; '.join(left_out)}" if left_out else ""
    return (
        f"{person.name} belongs to {this_organisation().name} again and has been told by email."
        f"{parts}"
    )


@permit(approver_of)
def former_users(**_route: str) -> Answer:
    """Show the people who have left the organisation, the latest first."""
    organisation = this_organisation()
    shown = former_people.former_list(organisation, page=requested_page())
    return render_template(
        "workspace/former_users.html",
        organisation=organisation,
        reasons=wording.ENDINGS,
        **vars(shown),
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
        **vars(confirmations.consequences(organisation, person, now())),
        back=url_for("home.home"),
    )
