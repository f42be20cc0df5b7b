"""What changed and by whom: an organisation's activity, for its approvers."""

from datetime import date

from flask import Blueprint, render_template, request

from app.days import NotADate, parse_day
from app.web.authorisation import permit
from approvals.activity import queries
from approvals.memberships.access import approver_of, this_organisation

pages = Blueprint("activity", __name__)


@pages.get("/o/<organisation>/activity")
@permit(approver_of)
def activity(**_route: str) -> str:
    organisation = this_organisation()
    filters = queries.Filters(
        kind=request.args.get("kind", ""),
        person=request.args.get("person", "")[:36],
        first_day=asked_day("from"),
        last_day=asked_day("to"),
    )
    return render_template(
        "activity/activity.html",
        organisation=organisation,
        page=queries.of_organisation(organisation, filters),
        filters=filters,
        kinds=queries.KINDS,
    )


def asked_day(name: str) -> date | None:
    """Return a day in the address, `2026-11-23`; none where it is none."""
    try:
        return parse_day(request.args.get(name, ""))
    except NotADate:
        return None
