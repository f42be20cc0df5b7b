"""Operators' lists of organisations at risk, and of access that lasts too long."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.clock import now
from app.web.authorisation import permit
from app.web.pagination import requested_page
from approvals.console.look_ups import list_long_access
from approvals.memberships.at_risk import REASONS, risk_page
from approvals.operators.access import operator


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.get("/organisations-at-risk")(organisations_at_risk)
    pages.get("/long-access")(long_access)


@permit(operator)
def organisations_at_risk() -> str:
    """Show a page of the organisations that have, or may soon have, no approver."""
    reason = request.args.get("reason", "")
    return render_template(
        "console/organisations_at_risk.html",
        reason=reason if reason in REASONS else "",
        reasons=REASONS,
        **vars(risk_page(reason, now(), page=requested_page())),
    )


@permit(operator)
def long_access() -> str:
    """Show a page of access to names of all schools without an end in time, and record it."""
    return render_template(
        "console/long_access.html", page=list_long_access(now(), page=requested_page())
    )
