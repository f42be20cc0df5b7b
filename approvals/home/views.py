"""Where signing in leads; my services, and one of them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from approvals.decision.question_form import question_form
from approvals.home import offers, queries
from approvals.memberships.access import member_of, own_membership, this_organisation
from approvals.memberships.actions import change_user_group
from approvals.memberships.forms import Confirmation
from approvals.workspace import present
from approvals.workspace.views.common import me
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session
from identity.sessions.levels import reaches

pages = Blueprint("home", __name__)
offers.add_to(pages)


@pages.get("/start")
@permit(signed_in)
def start() -> ResponseReturnValue:
    """Lead to the page with which work begins: an approver's organisation, else the services."""
    return redirect(present.landing() or url_for("home.home"), 303)


@pages.get("/home")
@permit(signed_in)
def home() -> ResponseReturnValue:
    """Show the services that the person can open, or whom to ask for access."""
    account = me()
    page = queries.home_page(account, now())
    return render_template("home/home.html", account=account, **vars(page))


@pages.get("/services/<service>")
@permit(signed_in)
def service(service: str) -> ResponseReturnValue:
    """Show the person's access to a service: what, given by whom, until when, or why not."""
    found = queries.my_service(me(), service, now())
    if found is None:
        raise NotFound("no such service")
    return render_template("home/service.html", service=found)


@pages.route("/services/<service>/give-up/<organisation>", methods=["GET", "POST"])
@permit(member_of)
def give_up(service: str, **_route: str) -> ResponseReturnValue:
    """Give up one's own access to a service through an organisation, after a confirmation."""
    organisation, membership, form = this_organisation(), own_membership(), Confirmation()
    found = queries.my_service(me(), service, now())
    if found is None:
        raise NotFound("no such service")
    back = url_for(".service", service=service)
    if form.validate_on_submit():
        try:
            change_user_group(membership, service=service, user_groups=[], actor=current_actor())
            flash(f"You gave up your access to {found.name}.", "success")
            return redirect(back, 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
    return render_template(
        "home/give_up.html", service=found, organisation=organisation, form=form, back=back
    )


@pages.get("/services/<service>/why/<organisation>")
@permit(member_of)
def why(service: str, **_route: str) -> ResponseReturnValue:
    """Show why the person can, or cannot, open a service for one organisation."""
    organisation, form = this_organisation(), question_form()
    answer = queries.my_answer(me(), organisation, form.question(service))
    if answer is None:
        raise NotFound("no such service")
    level = answer.explanation.level
    return render_template(
        "home/why.html",
        organisation=organisation,
        form=form,
        answer=answer,
        needs_more_factors=level is not None and not reaches(signed_in_session().acr, level),
    )


@pages.get("/services/<service>/schools/<organisation>")
@permit(member_of)
def schools(service: str, **_route: str) -> ResponseReturnValue:
    """Show the schools that the person can see in a service, for one organisation."""
    after = request.args.get("after", "")[:20]
    page = queries.my_schools(me(), service, this_organisation(), now(), after=after or None)
    if page is None:
        raise NotFound("no access to this service for the organisation")
    return render_template("home/schools.html", **vars(page))
