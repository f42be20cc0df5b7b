"""Endpoints that programs call all day: rules, errors and headers as ever, nothing that pages need.

Flask finds a page's view among all routes, opens the form cookie, counts requests and asks each
hook; that costs several times what these endpoints do. Here the path alone finds the view. What
differs from the declared path or methods goes the ordinary way, and gets its 404 or 405 there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.ctx import RequestContext
from werkzeug import Response
from werkzeug.routing import Rule

from app.web import authorisation, headers
from app.web.request import name_request, tell_request

Environ = dict[str, Any]
_KEY = "secure_access.programs"
_FOUND = "secure_access.program"


@dataclass(frozen=True)
class Program:
    """An endpoint, and what is done to each of its answers."""

    rule: Rule
    view: Callable[[], Any]
    after: Callable[[Response], object]


class _Call(RequestContext):
    """The context of a request whose view has been found."""

    def match_request(self) -> None:
        program: Program = self.request.environ[_FOUND]
        self.request.url_rule, self.request.view_args = program.rule, {}


def call_directly(app: Flask, endpoint: str, *, after: Callable[[Response], object]) -> None:
    """Calls from now on lead to the endpoint's view directly. Its paths have no arguments."""
    table: dict[tuple[str, str], Program] = app.extensions.setdefault(_KEY, {})
    for rule in app.url_map.iter_rules(endpoint):
        found = Program(rule, app.view_functions[endpoint], after)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            table[method, rule.rule] = found


def called(app: Flask, environ: Environ) -> Program | None:
    """The program endpoint that the request calls, None where it is for Flask to find out."""
    table: dict[tuple[str, str], Program] = app.extensions.get(_KEY, {})
    program = table.get((environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")))
    if program is not None:
        environ[_FOUND] = program
    return program


def is_called(environ: Environ) -> bool:
    return _FOUND in environ


def answer(
    app: Flask, program: Program, environ: Environ, start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """WSGI: the rule is asked, the view called, and whatever goes wrong answered as for pages."""
    # A session that is never opened: programs carry no cookies.
    with _Call(app, environ, session=app.session_interface.make_null_session(app)):
        name_request()
        try:
            response = authorisation.ask() or app.make_response(program.view())
        except Exception as error:  # noqa: BLE001  # as Flask does: each gets its answer
            response = app.make_response(app.handle_user_exception(error))
        program.after(tell_request(response))
        # Made of text or bytes, so its length is known and nothing about it is left to work out.
        response.headers.setdefault("Content-Length", response.calculate_content_length() or 0)
        start_response(response.status, [*response.headers, *headers.missing(response)])
        return response.iter_encoded()
