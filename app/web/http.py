"""A program's request and its answer: what endpoints for programs read and say.

Pages have Flask's request and response. These do a fraction of the work, since nothing here has
cookies, a form with files, or a preferred language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Request as FlaskRequest
from flask import has_request_context, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header

from app.context import request_values

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment as Environ

Headers = list[tuple[str, str]]

_BODY = "secure_access.body"
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Request:
    """One request (PEP 3333). Texts of headers are as they came, the path is decoded."""

    __slots__ = ("_environ", "_read", "endpoint")

    def __init__(
        self, environ: Environ, endpoint: str | None, *, read: Callable[[], bytes]
    ) -> None:
        self._environ = environ
        self._read = read
        self.endpoint = endpoint

    @property
    def method(self) -> str:
        method: str = self._environ["REQUEST_METHOD"]
        return method

    @property
    def path(self) -> str:
        return _decode_path(self._environ.get("PATH_INFO", "")) or "/"

    @property
    def query(self) -> str:
        """As it came, percent-encoded."""
        query: str = self._environ.get("QUERY_STRING", "")
        return query

    @property
    def address(self) -> str:
        """The address of the nearest hop."""
        address: str = self._environ.get("REMOTE_ADDR", "")
        return address

    @property
    def media_type(self) -> str:
        """The media type of the body, in lower case, without parameters; empty for none."""
        text: str = self._environ.get("CONTENT_TYPE", "")
        return text.partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        """Return a header other than Content-Type and Content-Length, which describe the body."""
        return self._environ.get(_key_of(name))

    def accepts_by_name(self, media_type: str) -> bool:
        """Return whether the caller asks for just this type.

        Other types that it accepts do not matter.
        """
        accept = self.header("Accept")
        return accept is not None and media_type in parse_accept_header(accept).values()

    def body(self) -> bytes:
        """Return the whole body, read once.

        Raises werkzeug's RequestEntityTooLarge, and ClientDisconnected if less arrived than was
        announced.
        """
        self.receive()
        received: bytes | HTTPException = self._environ[_BODY]
        if isinstance(received, HTTPException):
            raise received
        return received

    def receive(self) -> None:
        """Read the body, which takes as long as the caller likes; `body` raises its errors."""
        if _BODY in self._environ:
            return
        try:
            self._environ[_BODY] = self._read()
        except HTTPException as error:
            self._environ[_BODY] = error


class Response:
    """Response of a direct endpoint.

    A WSGI application as well, so Flask takes it from any view.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, body: str = "", status: int = 200, media_type: str | None = "application/json"
    ) -> None:
        self.body = body.encode()
        self.status = status
        self.headers: Headers = [] if media_type is None else [("Content-Type", media_type)]

    def add(self, name: str, value: str) -> Response:
        self.headers.append((name, value))
        return self

    def __call__(self, _environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # RFC 9110, 8.6: none of its own where there cannot be a body.
        length = [] if self.status in (204, 304) else [("Content-Length", str(len(self.body)))]
        start_response(_STATUS_LINES[self.status], [*self.headers, *length])
        return [self.body]


def current_request() -> Request:
    """Return the present request. Raises RuntimeError if there is none."""
    if has_request_context():
        # Each use of the proxy looks the request up.
        page: FlaskRequest = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        # A body that Flask has read cannot be read from the stream once more.
        read = partial(page.get_data, cache=False)
        return Request(page.environ, page.endpoint, read=read)
    found: Request | None = request_values().get("call")
    if found is None:
        raise RuntimeError("there is no request")
    return found


@lru_cache(maxsize=100)
def _key_of(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"


def _decode_path(path: str) -> str:
    """Decode a path of WSGI, whose bytes are read as latin-1 (PEP 3333, Unicode Issues)."""
    return path if path.isascii() else path.encode("latin-1").decode(errors="replace")
