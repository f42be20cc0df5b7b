"""The operators' page of the report, its picture and its files."""

from datetime import date
from typing import NamedTuple

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now, today
from app.days import NotADate, day_not_in_future, parse_day, typed_day
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from approvals.access_model import definitions
from approvals.operators.access import operator
from approvals.reports.cli import DEFAULT_SERVICE
from approvals.reports.export import export
from approvals.reports.user_groups import Report, user_groups
from identity.sessions.step_up import FreshSignIn

pages = Blueprint("reports", __name__, url_prefix="/ops/reports")

EXAMPLE = "such as 16 2 2018"
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class ReportRequest(NamedTuple):
    """The day as it was typed, and as it was understood: today where nothing was typed.

    `error` says why the typed day cannot be used; `date` is today then.
    """

    day: str
    month: str
    year: str
    date: date
    error: str | None = None


@pages.get("")
@permit(operator)
def index() -> ResponseReturnValue:
    """Redirect to the report."""
    return redirect(url_for("reports.user_groups_page"), 302)


@pages.get("/user-groups")
@permit(operator)
def user_groups_page() -> ResponseReturnValue:
    """Show the report of users by user group."""
    report_request = _read_request()
    report = _report(report_request.date)
    return render_template(
        "reports/user_groups.html",
        asked=report_request,
        report=report,
        services=definitions.services(now()),
        error=report_request.error,
    )


@pages.get("/user-groups.svg")
@permit(operator)
def user_groups_picture() -> ResponseReturnValue:
    """Return the report's chart as SVG."""
    from approvals.reports import chart

    response = Response(chart.svg(_report(_day())), mimetype="image/svg+xml")
    # An image of its own: its styles stand inside it, and nothing in it may run or load.
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    return response


@pages.get("/user-groups.csv")
@permit(FreshSignIn(operator, before_page=True))
def user_groups_csv() -> ResponseReturnValue:
    """Return the report as CSV, and record the export."""
    report = _report(_day())
    return _file(export(report, "csv"), "text/csv", f"{_name(report)}.csv")


@pages.get("/user-groups.json")
@permit(FreshSignIn(operator, before_page=True))
def user_groups_json() -> ResponseReturnValue:
    """Return the report as JSON, and record the export."""
    report = _report(_day())
    return _file(export(report, "json"), "application/json", f"{_name(report)}.json")


def _report(as_of: date) -> Report:
    try:
        return user_groups(request.args.get("service") or DEFAULT_SERVICE, as_of)
    except RefusalError as error:
        raise NotFound(str(error)) from error


def _read_request() -> ReportRequest:
    parts = [request.args.get(f"as_of-{part}", "").strip() for part in ("day", "month", "year")]
    if not any(parts):
        present = today()
        return ReportRequest(str(present.day), str(present.month), str(present.year), present)
    day, month, year = parts
    try:
        return ReportRequest(day, month, year, day_not_in_future(typed_day(day, month, year)))
    except NotADate as error:
        return ReportRequest(day, month, year, today(), f"{error}, {EXAMPLE}")


def _day() -> date:
    """Return the day in the address of a picture or file, which the page itself wrote."""
    try:
        return day_not_in_future(parse_day(request.args.get("as_of", "")))
    except NotADate as error:
        raise NotFound(str(error)) from error


def _name(report: Report) -> str:
    return f"user-groups-{report.service}-{report.as_of.isoformat()}"


def _file(text: str, mimetype: str, name: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
