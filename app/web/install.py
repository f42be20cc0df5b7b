"""Puts the web shell together, in the order in which requests meet it."""

from flask import Flask

from app.settings import AppSettings
from app.web import (
    authorisation,
    characters,
    errors,
    forms,
    headers,
    limits,
    long_words,
    request,
    static,
    templates,
)
from app.web.address import OneAddress


def install(app: Flask, settings: AppSettings) -> None:
    app.config.update(
        SERVER_NAME=settings.host, PREFERRED_URL_SCHEME="https" if settings.secure else "http"
    )
    templates.install(app)
    long_words.install(app)
    request.install(app)
    characters.install(app)
    errors.install(app)
    headers.install(app)
    forms.install(app, settings)
    limits.install(app, settings)
    static.install(app)
    authorisation.install(app)
    app.wsgi_app = OneAddress(app.wsgi_app, settings)  # type: ignore[method-assign]  # WSGI middleware
