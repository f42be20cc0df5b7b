"""Static files: text compressed once per process, and sent so to browsers that take it.

Pages are never compressed: they hold secrets beside what a caller wrote (BREACH). These files hold
none.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request

COMPRESSED_TYPES = frozenset(
    {"text/css", "text/javascript", "application/javascript", "image/svg+xml", "text/plain"}
)


def install(app: Flask) -> None:
    """Serve static files with `send`."""
    app.view_functions["static"] = send


def send(filename: str) -> Response:
    """Return the file, compressed where the browser takes gzip and wants the whole of it."""
    response = current_app.send_static_file(filename)
    if response.mimetype not in COMPRESSED_TYPES:
        return response
    response.vary.add("Accept-Encoding")
    wants_gzip = request.accept_encodings.quality("gzip") > 0
    if not wants_gzip or "Range" in request.headers or response.status_code not in {200, 304}:
        return response
    file = Path(current_app.static_folder or "") / filename
    state = file.stat()
    body = _compress(file, state.st_mtime_ns, state.st_size)
    whole = Response(body, mimetype=response.mimetype)
    whole.headers["Content-Encoding"] = "gzip"
    whole.cache_control.no_cache = response.cache_control.no_cache
    whole.cache_control.max_age = response.cache_control.max_age
    whole.last_modified = response.last_modified
    whole.vary.add("Accept-Encoding")
    # Each encoding is a representation of its own (RFC 9110, 8.8.3.3).
    whole.set_etag(f"{response.get_etag()[0]}-gzip")
    response.close()
    whole.make_conditional(request)
    return whole


@lru_cache(maxsize=64)
def _compress(file: Path, _changed: int, _size: int) -> bytes:
    return gzip.compress(file.read_bytes(), 9, mtime=0)
