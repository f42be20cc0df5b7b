"""The application's class."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, has_request_context
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.routing import MapAdapter

from app.context import Context
from app.web import direct_endpoints
from app.web.component_results import PageEnvironment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class FormSessions(SecureCookieSessionInterface):
    """The form cookie's sessions: without the cookie there is nothing to verify."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


class Application(Flask):
    """Flask with plain functions alone, and with endpoints that are called directly."""

    session_interface = FormSessions()
    jinja_environment = PageEnvironment
    _own_url_adapter: MapAdapter | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._addresses: dict[tuple[str, str | None], str] = {}

    def ensure_sync(self, func: Callable[..., object]) -> Callable[..., object]:
        """Return the function as it is, without a check for coroutines a dozen times a request."""
        return func

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        program = direct_endpoints.find_endpoint(self, environ)
        if program is None:
            return super().wsgi_app(environ, start_response)
        return direct_endpoints.respond(self, program, environ, start_response)

    def app_context(self) -> Context:
        """Return a context that `app.context` finds."""
        return Context(self)

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """Return an address. Those of pages without parameters are built once.

        A page has a dozen of them, for its style sheets and its footer. Outside a request an
        address names the host as well.
        """
        constant = not values or (endpoint == "static" and values.keys() == {"filename"})
        if not constant or endpoint.startswith(".") or not has_request_context():
            return super().url_for(endpoint, **values)
        name = endpoint, values.get("filename")
        if name in self._addresses:
            return self._addresses[name]
        built = super().url_for(endpoint, **values)
        # A request that named another host would have the host in it.
        if built.startswith("/"):
            self._addresses[name] = built
        return built

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return one adapter for all work outside requests: it only builds addresses."""
        if request is not None:
            return super().create_url_adapter(request)
        if self._own_url_adapter is None:
            self._own_url_adapter = super().create_url_adapter(None)
        return self._own_url_adapter
