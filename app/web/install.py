"""Puts the web shell together, in the order in which requests meet it."""

from flask import Flask

from app.settings import AppSettings
from app.web import (
    authorisation,
    characters,
    client_address,
    errors,
    forms,
    headers,
    long_words,
    rate_limits,
    static,
    templates,
)
from app.web.trusted_host import TrustedHost


def install(app: Flask, settings: AppSettings) -> None:
    """Add everything of the web shell to the application."""
    app.config.update(
        SERVER_NAME=settings.host, PREFERRED_URL_SCHEME="https" if settings.secure else "http"
    )
    templates.install(app)
    long_words.install(app)
    client_address.install(app)
    characters.install(app)
    errors.install(app)
    headers.install(app)
    forms.install(app, settings)
    rate_limits.install(app, settings)
    static.install(app)
    authorisation.install(app)
    app.wsgi_app = TrustedHost(app.wsgi_app, settings)  # type: ignore[method-assign]  # WSGI middleware
