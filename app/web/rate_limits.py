"""A broad limit on requests. Sign-in throttling is not here: it counts in the database."""

import time

from flask import Flask, Response, request
from flask_limiter import Limiter, RequestLimit
from limits.strategies import STRATEGIES

from app.composition import ExtensionPoint
from app.settings import settings
from app.web.client_address import client_network
from app.web.errors import TooManyRequests, error_page
from app.web.rate_counters import MovingWindow


def _too_many_requests(limit: RequestLimit) -> Response:
    seconds = max(1, round(limit.reset_at - time.time()))
    return error_page(TooManyRequests("request limit", retry_after=seconds))


limiter = Limiter(key_func=client_network, on_breach=_too_many_requests)
UNLIMITED = ExtensionPoint[str]("endpoints without a limit", named=str)
"""Requests to these endpoints are not counted, and nothing is looked up for them before."""


@limiter.request_filter
def _is_unlimited() -> bool:
    return request.endpoint in UNLIMITED.by_name()


def install(app: Flask) -> None:
    """Count requests in Redis if one is set, else, and while it is gone, in each process."""
    chosen = settings()
    STRATEGIES[MovingWindow.NAME] = MovingWindow
    app.config.update(
        RATELIMIT_STORAGE_URI=chosen.redis_url.get_secret_value()
        if chosen.redis_url
        else "process://",
        RATELIMIT_DEFAULT=chosen.request_limit,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=chosen.redis_url is not None,
        # The library would put a Retry-After on every answer, and over that of the throttling.
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_STRATEGY=MovingWindow.NAME,
    )
    limiter.init_app(app)
