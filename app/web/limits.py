"""A broad limit on requests. Sign-in throttling is not here: it counts in the database."""

from flask import Flask
from flask_limiter import Limiter

from app.settings import AppSettings
from app.web.request import client_network

limiter = Limiter(key_func=client_network)


def install(app: Flask, settings: AppSettings) -> None:
    """Counts in Redis where there is one, else (and when it is gone) in each process."""
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url.get_secret_value()
        if settings.redis_url
        else "memory://",
        RATELIMIT_DEFAULT=settings.request_limit,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=settings.redis_url is not None,
        RATELIMIT_HEADERS_ENABLED=True,
        RATELIMIT_STRATEGY="moving-window",
    )
    limiter.init_app(app)
