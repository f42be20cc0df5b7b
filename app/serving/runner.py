"""From the server's request to the application's response.

The server calls a `Runner` on a thread of its own for each request. The runner receives the whole
body, waits for one of the places at work, and calls the application, so that a client that sends or
takes its bytes slowly holds none of these places. `/healthz` needs none, `/readyz` has its own.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog
from flask import Flask

from app.serving import limits
from app.serving.bodies import Bodies, Connection, Environ, close, is_chunked_form
from app.serving.turns import Turns
from app.settings import AppSettings
from app.web.headers import without_application
from app.web.http import Headers

log = structlog.get_logger()
_NO_LENGTH = b"Send the form with a Content-Length.\n"
_BUSY_JSON = (
    b'{"error":"temporarily_unavailable","error_description":'
    b'"The service is busy. Try again in a few seconds."}\n'
)
_BUSY_PAGE = (
    b'<!DOCTYPE html><html lang="en"><title>The service is busy</title>'
    b"<h1>The service is busy</h1><p>Try again in a few seconds.</p></html>\n"
)


class Runner:
    """The callable that the server calls with each request, once its head has arrived."""

    def __init__(self, application: Flask, settings: AppSettings) -> None:
        self._application = application
        largest = application.config["MAX_CONTENT_LENGTH"]
        self._bodies = Bodies(largest=largest, seconds=limits.BODY_SECONDS)
        self._turns = Turns(
            settings.threads, waiting=limits.MAX_WAITING, stall=limits.STALL_SECONDS
        )
        self._probes = Turns(limits.PROBES, waiting=limits.PROBES, stall=limits.PROBE_TURN_SECONDS)
        self._headers = without_application(secure=settings.secure)
        self._environ: Environ = {
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "Granian",
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multiprocess": True,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
        }
        self._bodies.watch()

    def __call__(self, connection: Connection, request: Environ) -> int:
        environ = self._environ | request
        if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._in_turn(connection, environ)
        number = self._bodies.receive(connection, environ)
        if number is None:
            close(connection)
            return 408
        try:
            if is_chunked_form(environ):
                return self._refuse_form(connection)
            return self._in_turn(connection, environ)
        finally:
            self._bodies.release(number)

    def _in_turn(self, connection: Connection, environ: Environ) -> int:
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return self._answer(connection, environ)
        turns = self._probes if path == "/readyz" else self._turns
        if not turns.take():
            return self._refuse(connection, environ)
        status = 500
        try:
            status = self._answer(connection, environ)
        finally:
            turns.give(done=status != 503)
        return status

    def _answer(self, connection: Connection, environ: Environ) -> int:
        response = _Response()
        parts = self._application(environ, response)  # type: ignore[arg-type]  # nothing calls its result
        try:
            # Whole, so that the thread is free before the client has taken it.
            body = parts[0] if isinstance(parts, list) and len(parts) == 1 else b"".join(parts)
        finally:
            if (end := getattr(parts, "close", None)) is not None:
                end()
        connection.response_bytes(response.status, response.headers, body)
        return response.status

    def _refuse(self, connection: Connection, environ: Environ) -> int:
        log.warning("request refused", reason="too many requests are waiting")
        is_page = "text/html" in environ.get("HTTP_ACCEPT", "")
        media_type = "text/html; charset=utf-8" if is_page else "application/json"
        body = _BUSY_PAGE if is_page else _BUSY_JSON
        headers = [
            ("Content-Type", media_type),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(limits.RETRY_AFTER_SECONDS)),
            *self._headers,
        ]
        connection.response_bytes(503, headers, body)
        return 503

    def _refuse_form(self, connection: Connection) -> int:
        """Ask for the length (RFC 9110, 15.5.12): without it nobody knows whether all came."""
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(_NO_LENGTH))),
            ("Connection", "close"),
            *self._headers,
        ]
        connection.response_bytes(411, headers, _NO_LENGTH)
        return 411


class _Response:
    """WSGI's `start_response`."""

    __slots__ = ("headers", "status")

    def __call__(self, status: str, headers: Headers, _error: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = headers
