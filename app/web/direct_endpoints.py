"""Endpoints that programs call all day: rules, errors and headers as ever, nothing that pages need.

Flask finds a page's view among all routes, opens the form cookie, counts requests and asks each
hook; that costs several times what these endpoints do. Here the path alone finds the view, which
asks `call()` for the request and gives a `Response`. Requests that differ from the declared path or
methods take the ordinary way, and get their 404 or 405 there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from app.composition import ExtensionPoint
from app.context import PerApplication, request_values
from app.web import authorisation, headers
from app.web.authorisation import Rule
from app.web.client_address import assign_request_id
from app.web.forms import csrf
from app.web.http import Headers, Request, Response
from app.web.rate_limits import UNLIMITED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment as Environ


@dataclass(frozen=True)
class DirectEndpoint:
    """An endpoint, who may call it, and what is added to each of its answers."""

    endpoint: str
    rule: Rule
    view: Callable[..., object]
    adding: Callable[[Request], Headers]


@dataclass(frozen=True)
class ProgramEndpoints:
    """The endpoints of a blueprint that programs call: those whose view `includes` accepts.

    They are called without the token of a form, and without a limit by address: programs carry no
    cookies, and many people stand behind one program's address. Those whose paths have no arguments
    are called directly. `adding` returns the headers that each response gets.
    """

    blueprint: str
    includes: Callable[[Callable[..., object]], bool]
    adding: Callable[[Request], Headers]


def _add_endpoints(app: Flask, programs: ProgramEndpoints) -> None:
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{programs.blueprint}.") and programs.includes(view):
            csrf.exempt(view)
            UNLIMITED.add(app, endpoint)
            if all(not rule.arguments for rule in app.url_map.iter_rules(endpoint)):
                _add_direct(app, endpoint, programs.adding)


PROGRAM_ENDPOINTS = ExtensionPoint[ProgramEndpoints]("endpoints for programs", added=_add_endpoints)
_direct: PerApplication[dict[tuple[str, str], DirectEndpoint]] = PerApplication(
    "secure_access.direct_endpoints", dict
)


def _add_direct(app: Flask, endpoint: str, adding: Callable[[Request], Headers]) -> None:
    asked = authorisation.rule_of(app, endpoint)
    if asked is None:
        raise RuntimeError(f"{endpoint} does not say who may call it")
    program = DirectEndpoint(endpoint, asked, app.view_functions[endpoint], adding)
    for rule in app.url_map.iter_rules(endpoint):
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            _direct.of(app)[method, rule.rule] = program


def find_endpoint(app: Flask, environ: Environ) -> DirectEndpoint | None:
    """Return the direct endpoint that the request calls, or None if Flask is to route it."""
    return _direct.of(app).get((environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")))


def respond(
    app: Flask, program: DirectEndpoint, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a WSGI request: check the rule, call the view, and handle errors as for pages."""
    most_bytes = app.config["MAX_CONTENT_LENGTH"]
    request = Request(environ, program.endpoint, read=lambda: _body(environ, most_bytes))
    request.receive()
    with app.app_context():
        noted = request_values()
        noted.call = request
        assign_request_id()
        try:
            given = _call_view(program, request)
        except Exception as error:  # noqa: BLE001  # as Flask does: each gets its answer
            return _after_an_error(app, error, environ, start_response)
        given.headers.append(("X-Request-Id", noted.request_id))
        given.headers += headers.missing(tuple(name.lower() for name, _ in given.headers))
        return given(environ, start_response)


def _body(environ: Environ, most_bytes: int) -> bytes:
    """Read the body.

    Raises RequestEntityTooLarge, and ClientDisconnected if less arrived than was announced.
    """
    declared = environ.get("CONTENT_LENGTH", "")
    if declared.isdecimal() and int(declared) <= most_bytes:
        # Read at once: a stream that counts what is read costs more than the read.
        body: bytes = environ["wsgi.input"].read(int(declared))
        if len(body) < int(declared):
            raise ClientDisconnected
        return body
    if declared or "HTTP_TRANSFER_ENCODING" in environ:
        return get_input_stream(environ, max_content_length=most_bytes).read()
    return b""


def _call_view(program: DirectEndpoint, request: Request) -> Response:
    given: object = authorisation.check_rule(program.rule, {})
    if given is None:
        given = program.view()
    if not isinstance(given, Response):
        raise TypeError(f"{program.endpoint} responds with something else than a Response")
    given.headers += program.adding(request)
    return given


def _after_an_error(
    app: Flask, error: Exception, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    with app.request_context(environ):
        response = app.process_response(app.make_response(app.handle_user_exception(error)))
        return response(environ, start_response)
