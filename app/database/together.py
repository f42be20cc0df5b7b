"""Transactions of several requests that commit at once, where they come at once.

A commit on SQLite waits for the disk, and writes each changed page anew however little has changed
on it; what requests write at the same time lies on the same pages. So one connection of the process
writes for all. A request does its part behind a savepoint, and works on; before anybody is told of
it, it is settled: on disk, together with the parts that others did meanwhile. A part that fails is
undone alone.
"""

from __future__ import annotations

import threading

from app.database.line import Line
from app.database.writers import give_turn, take_turn
from app.waiting import acquired, others_at_work, waiting

PATIENCE = 0.001
"""Seconds for which a part waits to be committed with those of requests that are at work."""
MOST = 50
"""Parts that commit at once: others, who write by themselves, have their turn as well."""


class NotCommitted(RuntimeError):
    """A group could not be written, through no fault of this part. Nothing of it is there."""


class Group:
    """Parts that commit at once. `over` once they have, or cannot, for the reason in `lost`."""

    def __init__(self, *, has_turn: bool) -> None:
        self.parts = 0
        self.over = False
        self.lost: Exception | None = None
        self.has_turn = has_turn
        self._going_on = threading.Lock()
        self._going_on.acquire()

    def end(self) -> None:
        self.over = True
        self._going_on.release()

    def ends_within(self, seconds: float) -> bool:
        if self._going_on.acquire(timeout=seconds):
            # For whoever waits as well.
            self._going_on.release()
        return self.over


class Together:
    """The transactions of one process. `line` is a connection that nobody else uses.

    `enter`, then what the part has to do, then `leave` or `undo`; at last `settle`.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self._door = threading.Lock()
        self._open: Group | None = None

    def enter(self) -> Group:
        """Begins a part, in this group; nobody else is inside. Raises the driver's errors."""
        acquired(self._door)
        try:
            group = self._open
            if group is not None and group.parts >= MOST:
                self._end(group)
                group = None
            if group is None:
                group = self._open = self._begun()
            self.line.execute("SAVEPOINT part")
        except BaseException:
            if self._open is not None and not self._open.parts:
                self._end(self._open)
            self._door.release()
            raise
        return group

    def leave(self, group: Group) -> None:
        """The part is done, and is to be settled. Raises the driver's errors."""
        try:
            self.line.execute("RELEASE part")
        except BaseException:
            self.undo(group)
            raise
        group.parts += 1
        self._door.release()

    def undo(self, group: Group) -> None:
        """As if the part had not begun."""
        try:
            self.line.execute("ROLLBACK TO part")
            self.line.execute("RELEASE part")
        except Exception as error:  # noqa: BLE001  # a full disk: SQLite has undone everything
            group.lost = error
        try:
            if group.lost is not None or not group.parts:
                self._end(group)
        finally:
            self._door.release()

    def settle(self, group: Group) -> None:
        """Waits until the group is on disk, and sees to that where nobody else does.

        Raises NotCommitted.
        """
        with waiting():
            while not group.over:
                if others_at_work() and group.ends_within(PATIENCE):
                    break
                with self._door:
                    if self._open is group:
                        self._end(group)
        if group.lost is not None:
            raise NotCommitted("the transaction was lost") from group.lost

    def _begun(self) -> Group:
        group = Group(has_turn=take_turn())
        try:
            with waiting():
                self.line.begin()
        except BaseException:
            if group.has_turn:
                give_turn()
            raise
        return group

    def _end(self, group: Group) -> None:
        """Commits, where there is something to commit. Whoever calls is the only one inside."""
        try:
            if group.lost is None and group.parts:
                with waiting():
                    self.line.commit()
        except Exception as error:  # noqa: BLE001  # told to all whose parts these were
            group.lost = error
        finally:
            if self.line.writing:
                self.line.rollback()
            self._open = None
            if group.has_turn:
                give_turn()
            group.end()
