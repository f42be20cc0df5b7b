"""Operators' list of mails: those that wait, were sent, or did not arrive."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.outbox.queries import MailFilters
from app.outbox.statuses import FAILED, IN_WORDS, MailStatus
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.pagination import requested_page
from approvals.console.mail_queries import list_mails
from approvals.operators.access import operator

NOT_DELIVERED = "not-delivered"
"""Value of the filter for mails that were refused or given up."""


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.get("/mails")(mails)


@permit(operator)
def mails() -> ResponseReturnValue:
    """Show a page of the mails that match the filters, and record the look-up."""
    search = (collapse_spaces(request.args.get("q")) or "")[:254]
    status = request.args.get("status", "")
    filters = MailFilters(search=search, statuses=_statuses(status))
    return render_template(
        "console/mails.html",
        search=search,
        status=status,
        choices=[("", "All"), (NOT_DELIVERED, "Not delivered")]
        + [(each.value, text) for each, text in IN_WORDS.items()],
        in_words=IN_WORDS,
        page=list_mails(filters, page=requested_page()),
    )


def _statuses(status: str) -> frozenset[MailStatus]:
    """Return the statuses of the filter; none for an unknown value, which narrows nothing."""
    if status == NOT_DELIVERED:
        return FAILED
    return frozenset(each for each in MailStatus if each.value == status)
