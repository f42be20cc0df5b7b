"""The application put together: settings, headers, how a refusal looks."""

import tomllib
from typing import Any

from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from requests import RequestException
from werkzeug.exceptions import HTTPException, ServiceUnavailable, default_exceptions

from examples.resource_server import Refused, ResourceServer
from examples.school_performance import reports, sign_in
from examples.school_performance.store import Store


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """Return the example application."""
    app = Flask(__name__)
    app.config.from_file("settings.toml", tomllib.load, text=False)
    app.config.from_prefixed_env("SCHOOL_PERFORMANCE", loads=str)
    app.config.update(settings or {})
    issuer, base, ca_file = (app.config[name] for name in ("ISSUER", "BASE_URL", "CA_FILE"))
    secure = app.config["SESSION_COOKIE_SECURE"] = base.startswith("https:")
    app.config["SESSION_COOKIE_NAME"] = f"{'__Host-' * secure}school_performance"
    app.config["HEADERS"]["Content-Security-Policy"] += issuer
    app.config["HEADERS"] |= app.config["HEADERS_OF_HTTPS"] if secure else {}
    store = Store(app.config["DATABASE"])
    app.secret_key = store.get("cookie secret")
    identity = {name: app.config[name.upper()] for name in ("client_id", "client_secret")}
    told: dict[str, Any] = {"endings": None if app.config["INTROSPECT"] else store}
    api = ResourceServer(issuer, **identity, resource=f"{base}/api", ca_file=ca_file, **told)
    client = OAuth(app, cache=store).register(
        "secure_access",
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        authorize_params=app.config["AUTHORIZATION_REQUEST"] | {"resource": api.resource},
        client_kwargs=app.config["CLIENT"] | {"verify": ca_file or True},
        **identity,
    )

    @app.before_request
    def prepare() -> None:
        g.store, g.api, g.client = store, api, client

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(app.config["HEADERS"])
        return response

    CSRFProtect(app).exempt(sign_in.hear)
    app.register_blueprint(sign_in.pages)
    app.register_blueprint(reports.pages)
    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(Refused, lambda e: refuse(default_exceptions[e.status](str(e))))
    app.register_error_handler(RequestException, lambda _: refuse(ServiceUnavailable()))
    return app


def refuse(error: HTTPException) -> ResponseReturnValue:
    """Show why. Without a session sign-in begins; one that has ended is forgotten."""
    code = error.code or 500
    if request.path.startswith(("/api/", "/back-channel-logout")):
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if code == 401 else {}
        return {"error": error.name, "error_description": error.description}, code, challenge
    if code == 401 and "key" not in session:
        short = request.method == "GET" and len(request.full_path) <= 1000  # it goes into a cookie
        session["next"] = request.full_path if short else "/schools"
        return redirect("/sign-in")
    if code == 401:
        sign_in.forget()
    return render_template("denied.html", error=error), 403 if code == 401 else code
