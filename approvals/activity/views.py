"""Activity of an organisation, for its approvers, and of an account, for its person."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request

from app.clock import now
from app.days import NotADate, parse_day
from app.web.authorisation import permit
from app.web.pagination import requested_page
from approvals.activity import queries
from approvals.memberships.access import approver_of, this_organisation
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session

pages = Blueprint("activity", __name__)


@pages.get("/o/<organisation>/activity")
@permit(approver_of)
def activity(**_route: str) -> str:
    """Show a page of the organisation's activity."""
    organisation = this_organisation()
    days = (day_field("from"), day_field("to"))
    filters = queries.ActivityFilters(
        kind=request.args.get("kind", ""),
        person=request.args.get("person", "")[:36],
        first_day=days[0].day,
        last_day=days[1].day,
    )
    return render_template(
        "activity/activity.html",
        organisation=organisation,
        page=queries.activity_of_organisation(organisation, filters, now(), page=requested_page()),
        filters=filters,
        days=days,
        kinds=queries.KINDS,
    )


@pages.get("/account/activity")
@permit(signed_in)
def own_activity() -> str:
    """Show a page of what happened with the person's own account."""
    session = signed_in_session()
    page = queries.own_activity(
        session.account, now(), page=requested_page(), bodies=session.organisations
    )
    return render_template("activity/own.html", page=page, limited=session.is_limited)


@dataclass(frozen=True)
class DayField:
    """A day in the address, as it was typed, and as it was understood; `error` says why not."""

    name: str
    text: str
    day: date | None = None
    error: str = ""


def day_field(name: str) -> DayField:
    """Return the day in the address under this name, `2026-11-23`; an empty one is no error."""
    text = request.args.get(name, "").strip()[:40]
    try:
        return DayField(name, text, parse_day(text) if text else None)
    except NotADate as error:
        return DayField(name, text, error=str(error))
