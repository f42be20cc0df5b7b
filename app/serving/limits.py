"""Limits on the resources that one client may hold. Decision 0015 gives the reasons."""

HEAD_SECONDS = 10
"""From the start of a connection, or the end of its last response, to the end of a request head."""
BODY_SECONDS = 20
"""From the end of a request head to the end of its body."""
RESPONSE_SECONDS = 30
"""Time for which a response may wait without the client reading any of it."""
MAX_HEAD_BYTES = 16 * 1024
"""Request line and headers together. Longer ones are answered with 431."""

MAX_BODIES = 256
"""Bodies that one process receives at once. One more ends the oldest."""
MAX_BODY_BYTES = 128 * 1024 * 1024
"""All bodies together that one process receives or keeps for requests that wait."""
MAX_WAITING = 512
"""Requests of one process that wait for a slot. Further ones are answered with 503."""
MAX_WAITING_PASSWORDS = 384
"""Posts with a password among them, which wait for half of the slots."""
RETRY_AFTER_SECONDS = 5
STALL_SECONDS = 3.5
"""Time without a completed request after which further requests do not wait."""

PROBES = 2
"""Slots of one process for readiness checks, beside those for other requests."""
PROBE_STALL_SECONDS = 0.4
"""Time without a completed readiness check after which further ones do not wait."""
KEPT_SLOTS, MAX_WAITING_KEPT = 2, 64
"""Slots, and waiting requests, for responses that a process keeps, beside those for others."""
SPARE_THREADS = 64
"""Threads for requests without a slot: `/healthz` and rejected ones."""
MAX_CONNECTIONS = 4096
"""Open connections of one process. Further ones wait in the kernel's queue."""


def server_threads(slots: int) -> int:
    """Return the number of threads that one process may start for `slots` requests at once."""
    beside = PROBES + KEPT_SLOTS + MAX_WAITING_KEPT + SPARE_THREADS
    return slots + MAX_WAITING + MAX_BODIES + beside
