"""The service has one address, the issuer's; a request that names another is refused.

Where TLS asks for certificates at an origin of its own, that one is let in as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.settings import AppSettings
from app.web.headers import without_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANY_HOST = ("/healthz", "/readyz")


class TrustedHost:
    """WSGI middleware: checks `Host` against the issuer and takes the scheme from it.

    So every address that the application builds is the issuer's, whatever a proxy or a caller
    says, and a forged `Host` never reaches a mail. Health checks may come by any name.
    """

    def __init__(self, application: WSGIApplication, settings: AppSettings) -> None:
        self.application = application
        parts = urlsplit(settings.issuer)
        self.scheme = parts.scheme
        self.host = parts.netloc
        default_port = {"http": 80, "https": 443}[parts.scheme]
        self.accepted = {parts.netloc.lower()}
        if settings.client_certificate_origin is not None:
            self.accepted.add(urlsplit(settings.client_certificate_origin).netloc.lower())
        if parts.port is None or parts.port == default_port:
            self.accepted |= {
                (parts.hostname or "").lower(),
                f"{parts.hostname}:{default_port}".lower(),
            }

        self.refusal_headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            *without_application(secure=settings.secure),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").lower()
        if host not in self.accepted and environ.get("PATH_INFO") not in ANY_HOST:
            body = f"This service is at {self.scheme}://{self.host}\n".encode()
            start_response(
                "400 Bad Request", [("Content-Length", str(len(body))), *self.refusal_headers]
            )
            return [body]
        environ["wsgi.url_scheme"] = self.scheme
        environ["HTTP_HOST"] = self.host
        return self.application(environ, start_response)
