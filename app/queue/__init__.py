"""A leased queue: rows that the worker delivers at least once, for mail and for logout notices."""

from app.queue.leased_queue import (
    DeliveryFailed,
    DeliveryRefused,
    EndState,
    LeasedQueue,
    Send,
)
from app.queue.models import QueuedRow

__all__ = ["DeliveryFailed", "DeliveryRefused", "EndState", "LeasedQueue", "QueuedRow", "Send"]
