"""From the server's request to the application's response.

The server calls a `WsgiHandler` on a thread of its own for each request. The handler receives the
whole body, waits for a slot, and calls the application, so that a client that sends or reads slowly
holds no slot. `/healthz` needs none; `/readyz` and what a process keeps have their own. A worker
that is to stop ends each connection with the next response.
"""

from __future__ import annotations

import sys
import threading

import structlog
from flask import Flask

from app.database import request_deadline
from app.serving import limits
from app.serving.concurrency_limit import ConcurrencyLimit
from app.serving.kept_paths import KEPT_PATHS
from app.serving.password_paths import PASSWORD_PATHS
from app.serving.request_bodies import (
    Connection,
    Environ,
    RequestBodies,
    close_with_timeout,
    is_chunked_form,
)
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


class WsgiHandler:
    """The callable that the server calls with each request, once its head has arrived."""

    def __init__(
        self, application: Flask, settings: AppSettings, stopping: threading.Event
    ) -> None:
        self._application = application
        self._stopping = stopping
        largest = application.config["MAX_CONTENT_LENGTH"]
        self._bodies = RequestBodies(largest=largest, seconds=limits.BODY_SECONDS)
        self._requests = ConcurrencyLimit(
            settings.threads, max_waiting=limits.MAX_WAITING, stall_seconds=limits.STALL_SECONDS
        )
        with application.app_context():
            self._password_paths = frozenset(PASSWORD_PATHS.values())
            kept_paths = KEPT_PATHS.values()
        self._passwords = ConcurrencyLimit(
            max(1, settings.threads // 2),
            max_waiting=limits.MAX_WAITING_PASSWORDS,
            stall_seconds=limits.STALL_SECONDS,
        )
        probes = ConcurrencyLimit(
            limits.PROBES, max_waiting=limits.PROBES, stall_seconds=limits.PROBE_STALL_SECONDS
        )
        kept = ConcurrencyLimit(
            limits.KEPT_SLOTS,
            max_waiting=limits.MAX_WAITING_KEPT,
            stall_seconds=limits.STALL_SECONDS,
        )
        self._limits = {**dict.fromkeys(kept_paths, kept), "/readyz": probes}
        """Paths with slots of their own."""
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
            return self._handle_within_limit(connection, environ)
        number = self._bodies.receive(connection, environ)
        if number is None:
            close_with_timeout(connection)
            return 408
        try:
            if is_chunked_form(environ):
                return self._reject_chunked_form(connection)
            return self._handle_within_limit(connection, environ)
        finally:
            self._bodies.release(number)

    def _handle_within_limit(self, connection: Connection, environ: Environ) -> int:
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return self._respond(connection, environ)
        if path in self._password_paths and environ["REQUEST_METHOD"] == "POST":
            return self._handle_password(connection, environ)
        return self._handle(connection, environ, self._limits.get(path, self._requests))

    def _handle_password(self, connection: Connection, environ: Environ) -> int:
        """Wait for a slot of passwords first; the time for the database begins after it."""
        if not self._passwords.acquire():
            return self._reject_busy(connection, environ)
        status = 500
        try:
            status = self._handle(connection, environ, self._requests)
        finally:
            self._passwords.release(completed=status != 503)
        return status

    def _handle(self, connection: Connection, environ: Environ, limit: ConcurrencyLimit) -> int:
        with request_deadline():
            if not limit.acquire():
                return self._reject_busy(connection, environ)
            status = 500
            try:
                status = self._respond(connection, environ)
            finally:
                limit.release(completed=status != 503)
            return status

    def _respond(self, connection: Connection, environ: Environ) -> int:
        response = _StartResponse()
        parts = self._application(environ, response)  # type: ignore[arg-type]  # nothing calls its result
        try:
            # Complete, so that the thread is free before the client has read it.
            body = parts[0] if isinstance(parts, list) and len(parts) == 1 else b"".join(parts)
        finally:
            if (end := getattr(parts, "close", None)) is not None:
                end()
        headers = response.headers
        if self._stopping.is_set():
            # Clients open their next connection to another worker; none is closed within a request.
            headers = [*headers, ("Connection", "close")]
        connection.response_bytes(response.status, headers, body)
        return response.status

    def _reject_busy(self, connection: Connection, environ: Environ) -> int:
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

    def _reject_chunked_form(self, connection: Connection) -> int:
        """Ask for the length (RFC 9110, 15.5.12): without it a form may have been cut off."""
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(_NO_LENGTH))),
            ("Connection", "close"),
            *self._headers,
        ]
        connection.response_bytes(411, headers, _NO_LENGTH)
        return 411


class _StartResponse:
    """WSGI's `start_response`."""

    __slots__ = ("headers", "status")

    def __call__(self, status: str, headers: Headers, _error: object = None) -> None:
        self.status = int(status[:3])
        self.headers = headers
