"""The operators' pages: organisations, people, audit. Look-ups of people leave audit rows."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.activity import queries as activity
from approvals.activity.views import day_field
from approvals.console import (
    access_requests,
    appoint_approver,
    explanation_views,
    helping,
    look_ups,
    mails,
    organisations_at_risk,
    queries,
    waiting_access,
)
from approvals.console.helping import the_person
from approvals.console.suspending import only_approver_of
from approvals.memberships.forms import Confirmation
from approvals.operators.access import operator
from approvals.workspace.views.common import me
from identity.accounts.models import Account
from identity.administration import suspension
from identity.sessions.step_up import FreshSignIn

pages = Blueprint("console", __name__, url_prefix="/ops")
appoint_approver.add_to(pages)
helping.add_to(pages)
access_requests.add_to(pages)
mails.add_to(pages)
explanation_views.add_to(pages)
waiting_access.add_to(pages)
organisations_at_risk.add_to(pages)


@pages.get("")
@permit(operator)
def home() -> ResponseReturnValue:
    """Show the start page of the operators' pages."""
    return render_template("console/home.html")


@pages.get("/organisations")
@permit(operator)
def organisations() -> ResponseReturnValue:
    """Show a page of organisations that match a search."""
    search = _search()
    found = queries.find_organisations(search, page=requested_page())
    return render_template("console/organisations.html", search=search, found=found)


@pages.get("/organisations/<organisation>")
@permit(operator)
def organisation(organisation: str) -> ResponseReturnValue:
    """Show an organisation with its approvers and users, and record the look-up."""
    page = look_ups.read_organisation(
        appoint_approver.the_organisation(organisation), current_actor(), now()
    )
    return render_template("console/organisation.html", **vars(page))


@pages.get("/people")
@permit(operator)
def people() -> ResponseReturnValue:
    """Show a page of people that match a search, and record the search."""
    search = _search()
    found = look_ups.find_people(search, page=requested_page())
    return render_template("console/people.html", search=search, found=found)


@pages.get("/people/<person>")
@permit(operator)
def person(person: str) -> ResponseReturnValue:
    """Show a person with their memberships, and record the look-up."""
    page = look_ups.read_person(the_person(person))
    return render_template("console/person.html", **vars(page), oneself=page.account.id == me().id)


@pages.route("/people/<person>/suspend", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def suspend(person: str) -> ResponseReturnValue:
    """End everything that the person holds until restored; no operator suspends themselves.

    The form names the organisations that its page said would be left without an approver.
    """
    account, form = the_person(person), Confirmation()
    if account.id == me().id:
        raise NotFound("operators do not suspend themselves")
    if form.validate_on_submit():
        try:
            accepted = request.form.getlist("without_approver")
            suspension.suspend(account, actor=current_actor(), accepted=accepted)
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash(
                f"{account.name} is suspended and signed out everywhere, and has been told by "
                "email. To undo this, restore the account.",
                "success",
            )
            return redirect(url_for("console.person", person=account.subject), 303)
    return _confirm(
        "console/suspend.html", account, form, without_approver=only_approver_of(account)
    )


@pages.route("/people/<person>/restore", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def restore(person: str) -> ResponseReturnValue:
    """Restore a suspended account after a confirmation."""
    account, form = the_person(person), Confirmation()
    if form.validate_on_submit():
        if suspension.restore(account, actor=current_actor()):
            flash(f"{account.name} can sign in again, and has been told by email.", "success")
        return redirect(url_for("console.person", person=account.subject), 303)
    return _confirm("console/restore.html", account, form)


@pages.get("/audit")
@permit(operator)
def audit() -> ResponseReturnValue:
    """Show a page of the audit."""
    days = (day_field("from"), day_field("to"))
    wanted = look_ups.AuditSearch(
        search=_search(),
        organisation=(request.args.get("organisation") or "").strip()[:36],
        kind=(request.args.get("kind") or "").strip()[:80],
        filters=activity.ActivityFilters(first_day=days[0].day, last_day=days[1].day),
    )
    page = look_ups.read_audit(wanted, now(), page=requested_page())
    return render_template("console/audit.html", days=days, **vars(wanted), page=page)


def _search() -> str:
    return (collapse_spaces(request.args.get("q")) or "")[:100]


def _confirm(template: str, account: Account, form: Confirmation, **context: object) -> str:
    look_ups.record_person_read(account)
    return render_template(
        template,
        account=account,
        form=form,
        **context,
        back=url_for("console.person", person=account.subject),
    )
