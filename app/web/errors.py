"""Errors that people and programs meet.

    HTTPException (werkzeug)
    └── Problem            a status, a heading and what to do
        ├── BadRequest     400
        ├── Forbidden      403
        ├── NotFound       404
        └── TooManyRequests 429, with Retry-After

An error has two texts: `description`, shown; and the argument, kept for the log.
"""

from dataclasses import dataclass
from typing import ClassVar

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.audit.record import request_id
from app.composition import ExtensionPoint
from app.database import is_deleted_meanwhile, is_unavailable
from app.database.requirements import reason
from app.vault import Undecipherable
from app.web import navigation

log = structlog.get_logger()


@dataclass(frozen=True)
class OnwardLink:
    """The link with which an error page leads on: its text and its address."""

    text: str
    address: str


class Problem(HTTPException):
    """`detail` goes to the log only; `description` is what the person reads.

    `onward` leads on from the page. `note` is for the people who run another service.
    """

    code = 400
    heading: ClassVar[str] = "There is a problem with this page"
    advice: ClassVar[str] = "Go back and try again."

    def __init__(
        self,
        detail: str = "",
        *,
        description: str | None = None,
        onward: OnwardLink | None = None,
        note: str | None = None,
    ) -> None:
        super().__init__(description or self.advice)
        self.detail, self.onward, self.note = detail, onward, note


class BadRequest(Problem):
    """Error of status 400."""

    code = 400


class Forbidden(Problem):
    """Error of status 403."""

    code = 403
    heading = "You cannot use this page"
    advice = (
        "Your account does not allow this. "
        "If you think it should, ask an approver in your organisation."
    )


class NotFound(Problem):
    """Error of status 404."""

    code = 404
    heading = "Page not found"
    advice = (
        "Check the address. If you followed a link, "
        "the page may have moved or you may not have access to it."
    )


class TooManyRequests(Problem):
    """Error of status 429, with `Retry-After` in seconds."""

    code = 429
    heading = "Too many requests"
    advice = "Wait a minute and try again."

    def __init__(
        self, detail: str = "", *, description: str | None = None, retry_after: int = 60
    ) -> None:
        super().__init__(detail, description=description)
        self.retry_after = retry_after

    def get_headers(self, *_request: object, **_scope: object) -> list[tuple[str, str]]:
        return [("Retry-After", str(self.retry_after))]


HEADINGS = {
    400: "There is a problem with this page",
    405: "This address cannot be used like that",
    409: "This page is out of date",
    413: "What you sent is too large",
    415: "What you sent is of a kind that cannot be read here",
    429: "Too many requests",
    500: "There is a problem with the service",
    503: "The service is not available",
}
# A database that fails at the commit may have carried it out. The change and its mails are one
# transaction, so a part of it is never stored.
_UNKNOWN_OUTCOME = "If you sent a form, check first whether your change was made."
ADVICE = {
    400: "Go back, reload the page and try again.",
    405: "Go back and use the buttons and links on the page.",
    409: "Go back, reload the page and try again.",
    413: "Send something smaller.",
    415: "Use the form on the page.",
    429: "Wait a minute and try again.",
    500: f"Try again in a few minutes. {_UNKNOWN_OUTCOME}",
    503: f"Try again in a few minutes. {_UNKNOWN_OUTCOME}",
}
RETRY_AFTER_SECONDS = 5
"""Seconds after which to try again while the database cannot be used: locks are mostly gone."""
TO_PROGRAMS = {
    404: "Check the address.",
    405: "The header Allow names the methods that it takes.",
    409: "Read the present state and try again.",
    415: "Send the media type that the documentation names.",
    500: "The request may have been carried out.",
    503: "Try again later. The request may have been carried out.",
}
"""Where pages give advice about pages."""


JSON_PATHS = ExtensionPoint[str]("paths whose errors are JSON")
"""Only programs call the endpoints whose paths begin with these."""


def install(app: Flask) -> None:
    """Add the pages and JSON of errors to the application."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, error_page)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Return whether the caller is a program.

    It asked for JSON, or called an endpoint that only programs call.
    """
    best = request.accept_mimetypes.best_match(
        ["text/html", "application/json"], default="text/html"
    )
    return request.path.startswith(tuple(JSON_PATHS.values())) or best == "application/json"


def _route() -> str:
    """Return the address as declared: the requested one may hold a link's token."""
    return str(request.url_rule) if request.url_rule else "none"


def _stale_form(error: CSRFError) -> Response:
    log.warning("form refused", reason=error.description, route=_route())
    return _page(
        400, "Your form has timed out", "Go back, reload the page and send the form again."
    )


def error_page(error: HTTPException) -> Response:
    """Return the styled page, or JSON, for an error."""
    status, more = error.code or 500, {}
    if error.response is not None or 300 <= status < 400:
        return make_response(error.get_response())
    if isinstance(error, Problem):
        log.info("refused", status=status, reason=error.detail, route=_route())
        heading, advice = error.heading, error.description or error.advice
        more = {"onward": error.onward, "note": error.note}
    else:
        fallback = 400 if status < 500 else 500
        heading = NotFound.heading if status == 404 else HEADINGS.get(status, HEADINGS[fallback])
        advice = NotFound.advice if status == 404 else ADVICE.get(status, ADVICE[fallback])
        if wants_json():
            advice = TO_PROGRAMS.get(status, advice)
    response = _page(status, heading, advice, **more)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    if isinstance(error, Undecipherable):
        # The right encryption key is missing: the same request succeeds when it is back.
        log.error("no encryption key opens a stored value", cause=str(error), route=_route())
        return _later()
    if is_deleted_meanwhile(error):
        # Two requests of one page at once, or an ending of access while its person used a page.
        log.info("a row was deleted while it was used", route=_route())
        return _failed(409)
    if is_unavailable(error):
        log.error(
            "the database cannot be used",
            error=type(error).__name__,
            reason=reason(error),
            route=_route(),
        )
        return _later()
    log.error("unexpected error", route=_route(), exc_info=error)
    return _failed(500)


def _later() -> Response:
    response = _failed(503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _failed(status: int) -> Response:
    advice = TO_PROGRAMS[status] if wants_json() else ADVICE[status]
    return _page(status, HEADINGS[status], advice)


def _code(status: int) -> str:
    """Return the error as OAuth names it (RFC 6749, 4.1.2.1 and 5.2), or the one for addresses."""
    if status >= 500:
        return "temporarily_unavailable" if status == 503 else "server_error"
    return {403: "access_denied", 404: "not_found"}.get(status, "invalid_request")


def _readable_frame(status: int) -> navigation.Frame | None:
    # A 503 is answered while the database is busy: a page without navigation does not wait for it.
    return None if status == 503 else navigation.readable_frame(after_failure=status >= 500)


def _page(status: int, heading: str, advice: str, **more: object) -> Response:
    if wants_json():
        response = jsonify(
            error=_code(status), error_description=f"{heading}. {advice}", request_id=request_id()
        )
    else:
        response = make_response(
            render_template(
                "errors/error.html",
                heading=heading,
                advice=advice,
                request_id=request_id(),
                readable_frame=_readable_frame(status),
                **more,
            )
        )
    response.status_code = status
    return response
