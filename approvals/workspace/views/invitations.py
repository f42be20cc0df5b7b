"""Invitations that are not yet accepted: listed, sent again, corrected, withdrawn."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.memberships import queries, rules
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.actions import (
    correct_invitation,
    resend_invitation,
    withdraw_invitation,
)
from approvals.memberships.forms import Confirmation, EmailForm
from approvals.memberships.models import Membership
from approvals.workspace.views.common import the_member
from identity.accounts.invitation_limits import TOO_MANY_INVITATIONS, limit_on
from identity.accounts.shared_addresses import SHARED_ADDRESS
from identity.sessions.step_up import FreshSignIn

Answer = str | Response
ROOT = "/o/<organisation>/users/<member>/invitation"
ABOUT_THE_ADDRESS = {
    rules.ALREADY_MEMBER.code,
    rules.ALREADY_INVITED.code,
    TOO_MANY_INVITATIONS,
    SHARED_ADDRESS.code,
}


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.get("/o/<organisation>/invitations")(invitations)
    pages.route(f"{ROOT}/resend", methods=both)(invitation_resend)
    pages.route(f"{ROOT}/correct", methods=both)(invitation_correct)
    pages.route(f"{ROOT}/withdraw", methods=both)(invitation_withdraw)


@permit(approver_of)
def invitations(**_route: str) -> Answer:
    """Show the organisation's open invitations."""
    organisation = this_organisation()
    return render_template(
        "workspace/invitations/list.html",
        organisation=organisation,
        page=queries.invitations(organisation.id, page=requested_page()),
        now=now(),
    )


@permit(approver_of)
def invitation_resend(member: str, **_route: str) -> Answer:
    """Send the invitation again at once.

    The page says why no more can be sent, where the limit is reached.
    """
    person, form = the_member(member), Confirmation()
    if form.validate_on_submit():
        try:
            resend_invitation(person, actor=current_actor())
            flash(
                f"New invitation sent to {person.email}. The old link no longer works.", "success"
            )
            return redirect(_list(), 303)
        except RefusalError as error:
            if error.refusal.code != TOO_MANY_INVITATIONS:
                show_refusal(form, error.refusal)
    limit = limit_on(this_organisation().public_id, person.address, now())
    return _page("workspace/invitations/resend.html", person, form=form, limit=limit)


@permit(FreshSignIn(approver_of))
def invitation_correct(member: str, **_route: str) -> Answer:
    """Send the invitation to another address."""
    person = the_member(member)
    form = EmailForm(email=person.email)
    if form.validate_on_submit():
        try:
            correct_invitation(person, email=form.email.address, actor=current_actor())
            flash(f"Invitation sent to {person.email}. The old link no longer works.", "success")
            return redirect(_list(), 303)
        except RefusalError as error:
            about_address = error.refusal.code in ABOUT_THE_ADDRESS
            show_refusal(form, error.refusal, form.email if about_address else None)
    return _page("workspace/invitations/correct.html", person, form=form)


@permit(FreshSignIn(approver_of))
def invitation_withdraw(member: str, **_route: str) -> Answer:
    """Withdraw the invitation after a confirmation."""
    person, form = the_member(member), Confirmation()
    if form.validate_on_submit():
        try:
            withdraw_invitation(person, actor=current_actor())
            flash(f"Invitation of {person.name} withdrawn. The link no longer works.", "success")
            return redirect(_list(), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return _page("workspace/invitations/withdraw.html", person, form=form)


def _page(template: str, person: Membership, **context: object) -> str:
    organisation = this_organisation()
    return render_template(
        template,
        organisation=organisation,
        person=person,
        back=url_for(
            "memberships.user", organisation=organisation.public_id, member=person.public_id
        ),
        **context,
    )


def _list() -> str:
    return url_for("memberships.invitations", organisation=this_organisation().public_id)
