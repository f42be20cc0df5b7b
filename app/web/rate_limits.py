"""A broad limit on requests. Sign-in throttling is not here: it counts in the database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_qualified_name
from limits.errors import StorageError
from limits.strategies import STRATEGIES

from app.composition import ExtensionPoint
from app.context import PerApplication
from app.settings import settings
from app.web.client_address import client_network
from app.web.errors import TooManyRequests, error_page
from app.web.rate_counters import MovingWindow

if TYPE_CHECKING:
    from flask_limiter._limits import RuntimeLimit

REDIS_SECONDS = 0.25


def _too_many_requests(limit: RequestLimit) -> Response:
    seconds = max(1, round(limit.reset_at - time.time()))
    return error_page(TooManyRequests("request limit", retry_after=seconds))


class RequestLimiter(Limiter):
    """Flask-Limiter, in which each request that meets the failure of Redis is counted in memory.

    The library does so for the first one only. A second request that waits for Redis at the same
    moment would be answered 500.
    """

    def _check_request_limit(
        self, callable_name: str | None = None, in_middleware: bool = True
    ) -> None:
        if in_middleware and callable_name is None and self._is_within_default_limit():
            return
        try:
            super()._check_request_limit(callable_name, in_middleware)
        except StorageError:
            if not self._storage_dead:
                raise
            self.context.seen_limits.clear()
            super()._check_request_limit(callable_name, in_middleware)

    def _is_within_default_limit(self) -> bool:
        """Count the request in memory if the default limit is the only one for its view.

        False where the library has to decide, which gathers the limits of a view anew each time:
        with Redis, for a view with limits of its own, and for a request over the limit.
        """
        endpoint = request.endpoint
        if settings().redis_url is not None or endpoint is None:
            return False
        if endpoint in UNLIMITED.by_name():
            return True
        limits = _default_limits()
        if endpoint not in limits:
            limits[endpoint] = self._only_limit_of(endpoint)
        limit = limits[endpoint]
        return limit is not None and self.limiter.hit(
            limit.limit, limit.key_func(), limit.scope_for(endpoint, None)
        )

    def _only_limit_of(self, endpoint: str) -> RuntimeLimit | None:
        """Return the default limit of a view without limits of its own, else None."""
        view = current_app.view_functions.get(endpoint)
        limits = self.limit_manager.default_limits
        if view is None or endpoint == "static" or len(limits) != 1:
            return None
        marked = get_qualified_name(view) in self._marked_for_limiting
        return None if marked or self.limit_manager.has_hints(endpoint) else limits[0]


_default_limits: PerApplication[dict[str, RuntimeLimit | None]] = PerApplication(
    "secure_access.default_limits", dict
)
"""The default limit by endpoint, None where the library has to decide."""
limiter = RequestLimiter(key_func=client_network, on_breach=_too_many_requests)
UNLIMITED = ExtensionPoint[str]("endpoints without a limit", named=str)
"""Requests to these endpoints are not counted, and nothing is looked up for them before."""


@limiter.request_filter
def _is_unlimited() -> bool:
    return request.endpoint in UNLIMITED.by_name()


def install(app: Flask) -> None:
    """Count requests in Redis if one is set, else, and while it is gone, in each process."""
    chosen = settings()
    STRATEGIES[MovingWindow.NAME] = MovingWindow
    if chosen.redis_url:
        # Redis counts every request: a request waits for it no longer than a moment.
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {
            "socket_timeout": REDIS_SECONDS,
            "socket_connect_timeout": REDIS_SECONDS,
            "wrap_exceptions": True,
        }
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
