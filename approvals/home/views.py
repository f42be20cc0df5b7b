"""My services, and one of them."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.home import queries
from approvals.memberships import queries as memberships
from approvals.operators.actions import is_operator
from approvals.workspace.views.common import me
from identity.sessions.access import signed_in

pages = Blueprint("home", __name__)


@pages.get("/home")
@permit(signed_in)
def home() -> ResponseReturnValue:
    """Show the services that the person can open, or whom to ask for access."""
    account = me()
    services = queries.my_services(account, now())
    return render_template(
        "home/home.html",
        account=account,
        services=[service for service in services if service.open],
        others=[service for service in services if service.closed and not service.open],
        organisations=memberships.organisations_of(account.id),
        approves={each.id for each in memberships.approved_by(account.id)},
        operator=is_operator(account.id),
    )


@pages.get("/services/<service>")
@permit(signed_in)
def service(service: str) -> ResponseReturnValue:
    """Show the person's access to a service: what, given by whom, until when, or why not."""
    found = queries.my_service(me(), service, now())
    if found is None:
        raise NotFound("no such service")
    return render_template("home/service.html", service=found)
