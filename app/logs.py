"""Logs: one JSON object a line, on standard error. Addresses are logged without their query.

Several processes write to one pipe. A line is one write of at most PIPE_BUF bytes, which the system
never mixes with another (pipe(7)); a longer one is shortened inside its longest text. Traces are a
field. Messages of libraries, and exceptions that end a thread, take the same form.
"""

from __future__ import annotations

import json
import logging
import select
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType

import structlog
from flask import Flask, has_app_context
from structlog.typing import EventDict, Processor, WrappedLogger

from app.context import request_values

LONGEST = select.PIPE_BUF - 1
"""Bytes of a line, without its end."""
CUT = " … "

log = structlog.get_logger()


def configure(_app: Flask) -> None:
    """Configure the logging of the process, once for each application."""
    _configure_lines()


def _configure_lines() -> None:
    structlog.configure(
        processors=[*_FIELDS, _one_line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # One call for a line and its end.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def include_libraries_and_exceptions() -> None:
    """Log messages of libraries, and exceptions that end a thread or the process, in this form.

    For the processes that go on running, and the ones that they fork. They log before their
    application is composed.
    """
    _configure_lines()
    formatter = structlog.stdlib.ProcessorFormatter
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        formatter(
            foreign_pre_chain=[_with_logger, *_FIELDS],
            processors=[formatter.remove_processors_meta, _one_line],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    sys.excepthook = _log_end_of_process
    threading.excepthook = _log_end_of_thread


def _with_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if has_app_context() and "request_id" in request_values():
        event["request_id"] = request_values().request_id
    return event


def _with_logger(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Name the library that logs."""
    event["logger"] = event["_record"].name
    return event


_FIELDS: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _with_request_id,
    structlog.processors.format_exc_info,
)


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return the event as JSON of at most LONGEST bytes, ASCII only."""
    fields: MutableMapping[str, object] = dict(event)
    line = json.dumps(fields, default=repr)
    while len(line) > LONGEST:
        name = max(fields, key=lambda each: len(json.dumps(fields[each], default=repr)))
        text = str(fields[name])
        if text == CUT:
            # Every field is as short as it can be.
            break
        # A character is up to 12 bytes of ASCII: what is cut is measured, not guessed.
        excess = len(line) - LONGEST
        kept = max(0, len(text) - max(excess, len(CUT) + 1) - len(CUT)) // 2
        fields[name] = text[:kept] + CUT + text[len(text) - kept :]
        line = json.dumps(fields, default=repr)
    return line


def _log_end_of_process(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("the process ended by an exception", exc_info=(kind, error, trace))


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        log.critical(
            "a thread ended by an exception",
            thread=ended.thread.name if ended.thread else None,
            exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback),
        )
