"""Operators' help for people who cannot sign in: a reset link, and the reset of a second step."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from approvals.console import look_ups, queries
from approvals.console.appoint_approver import the_organisation
from approvals.memberships.actions import resend_invitation
from approvals.memberships.forms import Confirmation, ReasonForm
from approvals.memberships.suspension import closed_organisations
from approvals.operators.access import IN_PLACE_OF_ORGANISATION, operator
from approvals.pending_decisions.decisions import Agreement
from approvals.second_step_resets import actions
from approvals.second_step_resets import queries as resets
from approvals.second_step_resets.forms import ChecksForm
from approvals.workspace.views.second_step import reset_link_banner
from identity.accounts.models import Account
from identity.credentials.reset import request_reset
from identity.sessions.step_up import FreshSignIn

ROOT = "/people/<person>"


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    both = ["GET", "POST"]
    pages.route(f"{ROOT}/password-reset", methods=both)(send_reset_link)
    pages.route(f"{ROOT}/second-step", methods=both)(second_step)
    pages.route(f"{ROOT}/second-step/end", methods=both)(end_second_step_reset)
    pages.route(f"{ROOT}/second-step/access/<organisation>", methods=both)(open_access)
    pages.route("/organisations/<organisation>/invitations/<member>/resend", methods=both)(
        invitation_resend
    )
    pages.get("/operators")(operators)


@permit(operator)
def operators() -> ResponseReturnValue:
    """Show the operators: who they are, since when, and by whom they were appointed."""
    return render_template("console/operators.html", rows=look_ups.list_operators())


@permit(operator)
def invitation_resend(organisation: str, member: str) -> ResponseReturnValue:
    """Send an approver who has not joined the invitation again after a confirmation."""
    found, form = the_organisation(organisation), Confirmation()
    person = look_ups.read_invited_approver(found, member)
    if person is None:
        raise NotFound("no such invited approver")
    back = url_for("console.organisation", organisation=organisation)
    if form.validate_on_submit():
        try:
            resend_invitation(person, actor=current_actor())
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash(f"New invitation sent to {person.email}. The old link has ended.", "success")
            return redirect(back, 303)
    return render_template(
        "console/resend.html", organisation=found, person=person, form=form, back=back
    )


@permit(operator)
def send_reset_link(person: str) -> ResponseReturnValue:
    """Send the person a link to a new password after a confirmation."""
    account, form = the_person(person), Confirmation()
    if form.validate_on_submit():
        outcome = request_reset(account.address, by=current_actor())
        flash(*reset_link_banner(account, outcome))
        return redirect(_back(account), 303)
    return _page("password_reset", account, form=form)


@permit(FreshSignIn(operator))
def second_step(person: str) -> ResponseReturnValue:
    """Ask for the identity check, and agree to reset the person's second step."""
    account, form = the_person(person), ChecksForm()
    if form.validate_on_submit():
        try:
            outcome = actions.decide(
                account, current_actor(), organisation=None, checked=form.checked.data or []
            )
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            first = outcome is Agreement.FIRST_OF_TWO
            done = "Another operator has to agree." if first else "The reset is decided."
            flash(f"{done} {account.name} has been told.", "success")
            return redirect(_back(account), 303)
    page = vars(resets.reset_page(account, current_actor(), None))
    end = url_for("console.end_second_step_reset", person=account.subject)
    return _page("decide", form=form, **page, end=end)


@permit(FreshSignIn(operator))
def end_second_step_reset(person: str) -> ResponseReturnValue:
    """Refuse the request of the person, or stop the reset that was decided."""
    account, form = the_person(person), ReasonForm()
    if form.validate_on_submit():
        try:
            actions.end_by_decider(
                account, current_actor(), organisation=None, reason=form.reason.data
            )
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash(f"{account.name} keeps their second step and has been told.", "success")
            return redirect(_back(account), 303)
    return _page("end", account, form=form)


@permit(FreshSignIn(operator))
def open_access(person: str, organisation: str) -> ResponseReturnValue:
    """Open the access of a person in an organisation without another approver."""
    account, found, form = the_person(person), queries.organisation(organisation), ChecksForm()
    if found is None:
        raise NotFound("no such organisation")
    if form.validate_on_submit():
        try:
            actions.agree_to_access(
                account, found, current_actor(), checked=form.checked.data or []
            )
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash(f"{account.name} has their access again and has been told by email.", "success")
            return redirect(_back(account), 303)
    if found not in closed_organisations(account):
        return redirect(_back(account), 303)
    return _page(
        "access", account, form=form, checks=resets.checks_about(account), organisation=found
    )


def the_person(subject: str) -> Account:
    """Return the account of the route. Raises NotFound."""
    found = queries.person(subject)
    if found is None:
        raise NotFound("no such person")
    return found


def _back(account: Account) -> str:
    return url_for("console.person", person=account.subject)


def _page(template: str, account: Account, **context: object) -> str:
    look_ups.record_person_read(account)
    return render_template(
        f"second_step_resets/{template}.html",
        **{
            "organisation": IN_PLACE_OF_ORGANISATION,
            "account": account,
            "back": _back(account),
            **context,
        },
    )
