"""My services, and one of them."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.home import queries
from approvals.workspace.views.common import me
from identity.sessions.access import signed_in

pages = Blueprint("home", __name__)


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
