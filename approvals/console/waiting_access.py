"""Operators' list of access that waits for one of them as the second approver."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.clock import now
from app.web.authorisation import permit
from approvals.console.look_ups import list_waiting_access
from approvals.operators.access import operator


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.get("/waiting-access")(waiting_access)


@permit(operator)
def waiting_access() -> str:
    """List the access that no nearer person can agree to, and record the look-up."""
    return render_template("console/waiting_access.html", rows=list_waiting_access(now()))
