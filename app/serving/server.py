"""The server (granian) with this service's limits on its clients."""

from __future__ import annotations

import logging
import resource
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import Any

import granian.server.mp
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from werkzeug.utils import import_string

from app.database import wait_as_a_server
from app.serving import limits
from app.serving.cpu_affinity import bind_to_processor, use_batch_scheduling
from app.serving.handover import Predecessor
from app.serving.supervisor import SupervisedServer, report_health
from app.serving.wsgi_handler import WsgiHandler
from app.settings import AppSettings

_RESERVED_FILES = 256
"""Descriptors of a process that are no connection of a client: databases, logs, libraries."""


def serve(
    factory: str, settings: AppSettings, listening: socket.socket, before: Predecessor | None
) -> None:
    """Answer requests on the socket with the application that `factory` makes, until stopped."""
    logging.getLogger("_granian").addFilter(_is_unexpected)
    server = SupervisedServer(
        factory,
        before=before,
        listening=listening,
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.WSGI,
        # One protocol towards the proxy: a second one is a second way to read a request.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=limits.HEAD_SECONDS * 1000,
            max_buffer_size=limits.MAX_HEAD_BYTES,
        ),
        workers=settings.workers,
        blocking_threads=limits.server_threads(settings.threads),
        backpressure=min(limits.MAX_CONNECTIONS, _raise_descriptor_limit() - _RESERVED_FILES),
        log_level=LogLevels.warning,
        # Its messages go where all others go (`app.logs`).
        log_dictconfig={
            "formatters": {},
            "handlers": {},
            "loggers": {"_granian": {"propagate": True}},
        },
        workers_kill_timeout=30,
    )
    load = partial(_load, settings, server, factory)
    server.serve(target_loader=load, wrap_loader=False)


def _is_unexpected(record: logging.LogRecord) -> bool:
    """Return False for the message on the number of threads, which `limits` already bounds."""
    return "spawning up to" not in record.getMessage()


def _raise_descriptor_limit() -> int:
    """Raise this process's limit of open files as far as it may, and return it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.MAX_CONNECTIONS + _RESERVED_FILES
    allowed = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    present, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if present == resource.RLIM_INFINITY or present >= allowed:
        return wanted if present == resource.RLIM_INFINITY else present
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
        return allowed
    return present


def _load(settings: AppSettings, server: SupervisedServer, factory: str, worker_number: int) -> Any:
    """Return the application of a worker, in the worker's process."""
    stopping = threading.Event()
    server.begin_worker(stopping)
    if settings.batch_scheduling:
        use_batch_scheduling()
    if settings.cpu_affinity:
        bind_to_processor(worker_number, workers=settings.workers)
    wait_as_a_server()
    application = import_string(factory)()
    # Granian passes a WSGI application what PEP 3333 defines. Its private wrapper receives the
    # connection as well, which is needed to close a slow one.
    granian.server.mp._wsgi_call_wrap = (  # type: ignore[attr-defined]  # noqa: SLF001
        lambda application, *_options: WsgiHandler(application, settings, stopping)
    )
    report_health(application, settings, server.reports, worker_number)
    return application
