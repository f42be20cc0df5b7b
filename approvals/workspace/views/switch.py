"""The organisations that the present person approves for, to go on with another one."""

from flask import Blueprint, render_template, request

from app.web.authorisation import permit
from app.web.navigation import OtherPlace
from approvals.workspace import present
from identity.sessions.access import signed_in


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.get("/switch")(switch)


@permit(signed_in)
def switch() -> str:
    """List the organisations, each with a link to the same page there.

    The parameter `page` names the page from which the person comes.
    """
    page = request.args.get("page", "")
    places = [
        OtherPlace(each.name, present.page_of(each, page))
        for each in present.approved_organisations()
    ]
    return render_template("workspace/switch.html", places=places)
