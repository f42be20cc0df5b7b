"""Whose turn it is to write to SQLite, among the threads of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for its turn: longer than the import of a whole register takes."""

_TURN = threading.Lock()


@contextmanager
def turn_to_write(dialect: str) -> Iterator[None]:
    """Lets one after the other write."""
    if dialect != "sqlite":
        yield
        return
    has_turn = take_turn()
    try:
        yield
    finally:
        if has_turn:
            give_turn()


def take_turn() -> bool:
    """Waits for the turn; False where it does not come, and SQLite has the last word.

    SQLite itself would let the others ask again and again, in no order.
    """
    return _TURN.acquire(timeout=BUSY_TIMEOUT_MS / 1000)


def give_turn() -> None:
    """Any thread may give what another has taken."""
    _TURN.release()
