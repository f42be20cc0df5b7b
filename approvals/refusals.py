"""Recorded refusals: the audit row of a denied page, and the 404 that hides the page."""

from flask import request

from app.audit import record
from app.database import writing
from app.web.errors import NotFound


def denied(reason: str) -> None:
    """Record that the person of this request asked for something that is not theirs."""
    record_denial(reason, path=request.path, method=request.method)


def record_denial(reason: str, *, path: str, method: str) -> None:
    """Record that a person requested a page that is not theirs."""
    with writing():
        record("page.denied", reason=reason, tried=path[:300], method=method)


def not_there(reason: str) -> NotFound:
    """Return the 404 for another organisation's rows, and record the request."""
    denied(reason)
    return NotFound(reason)
