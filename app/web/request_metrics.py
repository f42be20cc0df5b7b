"""Rate, errors and duration of requests, by route."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, request

from app.metrics import Seconds
from app.settings import settings
from app.web.direct_endpoints import find_endpoint

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment as Environ

REQUESTS = Seconds(
    "request", "Duration of requests by route as declared", "route", "method", "status"
)
OWN = "secure_access.own"
"""Key of the WSGI environment of requests that a process sends itself. They are not counted."""
_ROUTE = "secure_access.route"
OTHER = "other"
"""The route of requests that no route takes, and the method of those with an unusual one."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


def install(app: Flask) -> None:
    """Count requests, if the settings name a folder for metrics."""
    if settings().metrics_directory is None:
        return
    app.before_request(_note_route)
    app.wsgi_app = _Counting(app, app.wsgi_app)  # type: ignore[method-assign]  # WSGI middleware


def _note_route() -> None:
    request.environ[_ROUTE] = request.url_rule.rule if request.url_rule else OTHER


class _Counting:
    """WSGI middleware. A path as requested may hold a token, so only declared routes are labels."""

    def __init__(self, app: Flask, application: WSGIApplication) -> None:
        self._app = app
        self._application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if OWN in environ:
            return self._application(environ, start_response)
        began, statuses = time.perf_counter(), ["500"]

        def start(
            status: str, headers: list[tuple[str, str]], error: OptExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            statuses[0] = status[:3]
            return start_response(status, headers, error)

        if find_endpoint(self._app, environ) is not None:
            environ[_ROUTE] = environ["PATH_INFO"]
        try:
            return self._application(environ, start)
        finally:
            method = environ["REQUEST_METHOD"]
            REQUESTS.observe(
                time.perf_counter() - began,
                environ.get(_ROUTE, OTHER),
                method if method in METHODS else OTHER,
                statuses[0],
            )
