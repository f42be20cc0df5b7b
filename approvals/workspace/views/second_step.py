"""Help for a member who cannot sign in: a reset link, and the reset of a lost second step."""

from flask import Blueprint, flash, redirect, render_template
from werkzeug import Response

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.forms import Confirmation, ReasonForm
from approvals.memberships.models import Membership
from approvals.memberships.suspension import closed_organisations
from approvals.second_step_resets import actions, queries
from approvals.second_step_resets.forms import ChecksForm
from approvals.workspace.views.common import page_of, the_member
from identity.accounts.models import Account
from identity.accounts.queries import account_with_id
from identity.credentials.reset import SENT, request_reset
from identity.sessions.step_up import FreshSignIn

Answer = str | Response
ROOT = "/o/<organisation>/users/<member>"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.route(f"{ROOT}/password-reset", methods=both)(send_reset_link)
    pages.route(f"{ROOT}/second-step", methods=both)(second_step)
    pages.route(f"{ROOT}/second-step/end", methods=both)(end_second_step_reset)
    pages.route(f"{ROOT}/second-step/access", methods=both)(open_access)


@permit(approver_of)
def send_reset_link(member: str, **_route: str) -> Answer:
    """Send the person a link to a new password after a confirmation."""
    person, account = _joined(member)
    form = Confirmation()
    if form.validate_on_submit():
        outcome = request_reset(
            account.address, by=current_actor(), organisation=this_organisation().public_id
        )
        flash(*reset_link_banner(account, outcome))
        return redirect(page_of(person.public_id), 303)
    return _page("password_reset", person, form=form, account=account)


@permit(FreshSignIn(approver_of))
def second_step(member: str, **_route: str) -> Answer:
    """Ask for the identity check, and decide to reset the person's second step."""
    person, account = _joined(member)
    organisation, form = this_organisation(), ChecksForm()
    if form.validate_on_submit():
        try:
            actions.decide(
                account,
                current_actor(),
                organisation=organisation,
                checked=form.checked.data or [],
            )
            flash(f"The reset is decided. {account.name} has been told.", "success")
            return redirect(page_of(person.public_id), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    page = queries.reset_page(account, current_actor(), organisation)
    return _page(
        "decide",
        person,
        form=form,
        **vars(page),
        end=f"{page_of(person.public_id)}/second-step/end",
    )


@permit(FreshSignIn(approver_of))
def end_second_step_reset(member: str, **_route: str) -> Answer:
    """Refuse the request of the person, or stop the reset that was decided."""
    person, account = _joined(member)
    organisation, form = this_organisation(), ReasonForm()
    if form.validate_on_submit():
        try:
            actions.end_by_decider(
                account, current_actor(), organisation=organisation, reason=form.reason.data
            )
            flash(f"{account.name} keeps their second step and has been told.", "success")
            return redirect(page_of(person.public_id), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return _page("end", person, form=form, account=account)


@permit(FreshSignIn(approver_of))
def open_access(member: str, **_route: str) -> Answer:
    """Open the access of a person whose second step was reset without this organisation."""
    person, account = _joined(member)
    organisation, form = this_organisation(), ChecksForm()
    if form.validate_on_submit():
        try:
            actions.agree_to_access(
                account, organisation, current_actor(), checked=form.checked.data or []
            )
            flash(f"{account.name} has their access again and has been told by email.", "success")
            return redirect(page_of(person.public_id), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    if organisation not in closed_organisations(account):
        return redirect(page_of(person.public_id), 303)
    checks = queries.checks_about(account)
    return _page("access", person, form=form, account=account, checks=checks)


def reset_link_banner(account: Account, outcome: str) -> tuple[str, str]:
    """Return text and kind of the banner after a reset link was asked for."""
    if outcome == SENT:
        return f"{account.name} was sent a link to a new password.", "success"
    return f"No link was sent to {account.name}: {outcome}.", "important"


def _joined(member: str) -> tuple[Membership, Account]:
    person = the_member(member)
    if person.account_id is None:
        raise NotFound("the person has not joined")
    return person, account_with_id(person.account_id)


def _page(template: str, person: Membership, **context: object) -> str:
    return render_template(
        f"second_step_resets/{template}.html",
        organisation=this_organisation(),
        back=page_of(person.public_id),
        **context,
    )
