"""Limits on what one client may hold of the server. decisions/0015 gives the reasons."""

HEAD_SECONDS = 10
"""From the first moment of a connection, or the end of its last response, to the end of a head."""
BODY_SECONDS = 20
"""From the end of a request's head to the end of its body."""
RESPONSE_SECONDS = 30
"""Without the client taking anything of a response that is waiting for it."""
MAX_HEAD_BYTES = 16 * 1024
"""Of a request's line and headers together; longer ones are answered with 431."""

MAX_BODIES = 256
"""Bodies that one process receives at once. One more ends the oldest."""
MAX_BODY_BYTES = 128 * 1024 * 1024
"""Of the bodies that one process receives or keeps for requests that wait, together."""
MAX_WAITING = 512
"""Requests of one process that wait for a thread; further ones are answered with 503."""
RETRY_AFTER_SECONDS = 5
STALL_SECONDS = 3.5
"""For which requests wait while none of those at work ends or begins."""

PROBES = 2
"""Checks of readiness that one process answers at once, beside its other requests."""
PROBE_TURN_SECONDS = 0.4
SPARE_THREADS = 64
"""Threads for what takes none of the places above: `/healthz`, and refusals."""
MAX_CONNECTIONS = 4096
"""Open connections of one process; further ones wait in the kernel's queue."""


def server_threads(at_once: int) -> int:
    """Return threads that one process may start when it answers `at_once` requests."""
    return at_once + MAX_WAITING + MAX_BODIES + PROBES + SPARE_THREADS
