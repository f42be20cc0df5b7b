"""A broad limit on requests. Sign-in throttling is not here: it counts in the database."""

import time

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RequestLimit
from limits.strategies import STRATEGIES

from app.settings import AppSettings
from app.web.client_address import client_network
from app.web.errors import TooManyRequests, error_page
from app.web.rate_counters import MovingWindow


def _too_many_requests(limit: RequestLimit) -> Response:
    seconds = max(1, round(limit.reset_at - time.time()))
    return error_page(TooManyRequests("request limit", retry_after=seconds))


limiter = Limiter(key_func=client_network, on_breach=_too_many_requests)
_UNLIMITED = "secure_access.unlimited_endpoints"


def unlimited(app: Flask, *endpoints: str) -> None:
    """Leave requests to these endpoints uncounted, before anything is looked up for them."""
    app.extensions.setdefault(_UNLIMITED, set()).update(endpoints)


@limiter.request_filter
def _is_unlimited() -> bool:
    return request.endpoint in current_app.extensions.get(_UNLIMITED, ())


def install(app: Flask, settings: AppSettings) -> None:
    """Count requests in Redis if one is set, else, and while it is gone, in each process."""
    STRATEGIES[MovingWindow.NAME] = MovingWindow
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis_url.get_secret_value()
        if settings.redis_url
        else "process://",
        RATELIMIT_DEFAULT=settings.request_limit,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=settings.redis_url is not None,
        # The library would put a Retry-After on every answer, and over that of the throttling.
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_STRATEGY=MovingWindow.NAME,
    )
    limiter.init_app(app)
