"""Why a person can, or cannot, open a service: for any organisation, at any moment."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.console import look_ups
from approvals.console.helping import the_person
from approvals.decision.question_form import LONGEST_SEARCH, question_form
from approvals.operators.access import operator


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.get("/people/<person>/why")(why)


@permit(operator)
def why(person: str) -> ResponseReturnValue:
    """Show the reasons for one organisation, or for each one of the person."""
    account, form = the_person(person), question_form(moments=True)
    organisation = (collapse_spaces(request.args.get("organisation")) or "")[:LONGEST_SEARCH]
    services = look_ups.services_at(form.at)
    service = request.args.get("service") or (services[0].code if services else "")
    page = look_ups.explain_access(account, organisation, form.question(service))
    if page is None:
        raise NotFound("no such service")
    return render_template(
        "console/why.html",
        account=account,
        form=form,
        organisation=organisation,
        service=service,
        services=services,
        **vars(page),
    )
