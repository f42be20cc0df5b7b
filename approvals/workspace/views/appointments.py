"""Making and stopping an approver: one page that says what follows, one button."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import facts, rules
from approvals.memberships.access import approver_of, own_membership, this_organisation
from approvals.memberships.actions import hand_over, make_approver, stop_approver
from approvals.memberships.forms import Confirmation
from approvals.memberships.models import Membership
from approvals.workspace.views.common import me, the_member
from identity.sessions.step_up import FreshSignIn

Answer = str | Response
ROOT = "/o/<organisation>/users/<member>/approver"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.route(f"{ROOT}/make", methods=both)(approver_make)
    pages.route(f"{ROOT}/stop", methods=both)(approver_stop)
    pages.route("/o/<organisation>/users/<member>/hand-over", methods=both)(approver_hand_over)


@permit(FreshSignIn(approver_of))
def approver_make(member: str, **_route: str) -> Answer:
    """Make the person an approver after a confirmation."""
    person, form = the_member(member), Confirmation()
    if form.validate_on_submit():
        try:
            make_approver(person, actor=current_actor())
            told = " They have been told by email." if person.joined_at else ""
            flash(f"{person.name} is now an approver.{told}", "success")
            return redirect(_user(person), 303)
        except RefusalError as error:
            if error.refusal == rules.ALREADY_APPROVER:
                return redirect(_user(person), 303)
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/approver/make.html",
        organisation=this_organisation(),
        person=person,
        form=form,
        back=_user(person),
    )


@permit(FreshSignIn(approver_of))
def approver_stop(member: str, **_route: str) -> Answer:
    """End the person's appointment after a confirmation."""
    organisation, person, form = this_organisation(), the_member(member), Confirmation()
    oneself = person.account_id == me().id
    if form.validate_on_submit():
        try:
            stop_approver(person, actor=current_actor())
            if oneself:
                flash(f"You are no longer an approver for {organisation.name}.", "success")
                return redirect(url_for("home.home"), 303)
            told = " They have been told by email." if person.joined_at else ""
            flash(f"{person.name} is no longer an approver.{told}", "success")
            return redirect(_user(person), 303)
        except RefusalError as error:
            if error.refusal == rules.NOT_AN_APPROVER:
                return redirect(_user(person), 303)
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/approver/stop.html",
        organisation=organisation,
        person=person,
        form=form,
        oneself=oneself,
        last=facts.active_approvers(organisation.id).last(person.account_id),
        back=_user(person),
    )


@permit(FreshSignIn(approver_of))
def approver_hand_over(member: str, **_route: str) -> Answer:
    """Make the person an approver in one's own place after a confirmation."""
    organisation, person, form = this_organisation(), the_member(member), Confirmation()
    if person.id == own_membership().id:
        return redirect(_user(person), 303)
    if form.validate_on_submit():
        try:
            hand_over(own_membership(), person, actor=current_actor())
            flash(
                f"{person.name} is an approver for {organisation.name} in your place, and has been "
                "told by email. You stay in the organisation.",
                "success",
            )
            return redirect(url_for("home.home"), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return render_template(
        "workspace/approver/hand_over.html",
        organisation=organisation,
        person=person,
        form=form,
        back=_user(person),
    )


def _user(person: Membership) -> str:
    return url_for(
        "memberships.user",
        organisation=this_organisation().public_id,
        member=person.public_id,
    )
