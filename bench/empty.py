"""The least that a WSGI application can do: what the server itself costs."""

from collections.abc import Callable, Iterable
from typing import Any

_BODY = b'{"status":"empty"}'


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer every request with the same JSON."""
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))]
    )
    return [_BODY]
