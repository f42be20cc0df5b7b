"""Where signing in leads; my services, and one of them."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.home import offers, queries
from approvals.memberships.access import member_of, this_organisation
from approvals.workspace import present
from approvals.workspace.views.common import me
from identity.sessions.access import signed_in

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


@pages.get("/services/<service>/schools/<organisation>")
@permit(member_of)
def schools(service: str, **_route: str) -> ResponseReturnValue:
    """Show the schools that the person can see in a service, for one organisation."""
    after = request.args.get("after", "")[:20]
    page = queries.my_schools(me(), service, this_organisation(), now(), after=after or None)
    if page is None:
        raise NotFound("no access to this service for the organisation")
    return render_template("home/schools.html", **vars(page))
