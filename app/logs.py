"""Logs: one JSON object a line, on standard error. Addresses are logged without their query."""

import logging
import sys

import structlog
from flask import Flask, has_app_context
from structlog.typing import EventDict, WrappedLogger

from app.context import request_values


def configure(_app: Flask) -> None:
    """Configure the logging of the process, once for each application."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_request_id,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _with_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if has_app_context() and "request_id" in request_values():
        event["request_id"] = request_values().request_id
    return event
