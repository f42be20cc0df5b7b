"""Adds the web shell, in the order in which requests meet it."""

from flask import Flask

from app.composition import Room
from app.settings import settings
from app.web import (
    authorisation,
    characters,
    client_address,
    errors,
    forms,
    headers,
    long_words,
    rate_limits,
    request_metrics,
    static,
    templates,
)
from app.web.trusted_host import TrustedHost


def _configure_addresses(app: Flask) -> None:
    chosen = settings()
    app.config.update(
        SERVER_NAME=chosen.host, PREFERRED_URL_SCHEME="https" if chosen.secure else "http"
    )


def _check_host(app: Flask) -> None:
    app.wsgi_app = TrustedHost(app.wsgi_app, settings())  # type: ignore[method-assign]  # WSGI middleware


ROOM = Room(
    "app.web",
    _configure_addresses,
    templates.install,
    long_words.install,
    client_address.install,
    characters.install,
    errors.install,
    headers.install,
    forms.install,
    rate_limits.install,
    static.install,
    authorisation.install,
    _check_host,
    request_metrics.install,
)
