"""Transactions of several requests that commit at once, where they come at once.

A commit on SQLite waits for the disk, and writes each changed page anew however little has changed
on it; what requests write at the same time lies on the same pages. So one connection of the process
writes for all. A request does its part behind a savepoint, and works on; before anybody is told of
it, it is settled: on disk, together with the parts that others did meanwhile. A part that fails is
undone alone. Rows that nobody reads meanwhile are added in the end, all at once; a part that has
nothing else needs no savepoint.
"""

from __future__ import annotations

import threading
from typing import Any

from app.database.dbapi_connection import DbapiConnection
from app.database.write_lock import acquire_write_lock, release_write_lock

PATIENCE = 0.004
"""Seconds for which a part waits for the next one, where more are expected."""
MOST = 50
"""Parts that commit at once: others, who write by themselves, have their turn as well."""
Rows = dict[str, list[Any]]
"""Rows to add at the end: parameters, by the statement that adds them."""


class NotCommitted(RuntimeError):
    """A group could not be written, through no fault of this part. Nothing of it is there."""


class CommitGroup:
    """Parts that commit at once. `over` once they have, or cannot, for the reason in `lost`."""

    def __init__(self) -> None:
        self.parts = 0
        self.rows: Rows = {}
        self.begun = False
        self.over = False
        self.lost: BaseException | None = None
        self.has_turn = False
        self._going_on = threading.Lock()
        self._going_on.acquire()

    def take(self, rows: Rows) -> None:
        self.parts += 1
        for statement, more in rows.items():
            self.rows.setdefault(statement, []).extend(more)

    def end(self) -> None:
        self.over = True
        self._going_on.release()

    def ends_within(self, seconds: float) -> bool:
        if self._going_on.acquire(timeout=seconds):
            # For whoever waits as well.
            self._going_on.release()
        return self.over


class ArrivalEstimate:
    """How many parts come at once, as far as the groups before tell."""

    def __init__(self) -> None:
        self.expected = 0
        self._fewer_came = False

    def came(self, parts: int, *, too_late: int) -> None:
        """Learn the expected size from a group, and from the threads that waited when it ended.

        One smaller group changes nothing: its threads may have been too late for the last one.
        """
        fewer = parts < self.expected
        if not fewer or self._fewer_came:
            self.expected = parts + too_late
        self._fewer_came = fewer


class GroupCommit:
    """The transactions of one process. `line` is a connection that nobody else uses.

    `enter`, then what the part has to do, then `leave` or `undo`; at last `settle`. `add` instead
    for a part that has only rows to add.
    """

    def __init__(self, line: DbapiConnection) -> None:
        self.line = line
        self._door = threading.Lock()
        self._at_the_door: list[None] = []
        """One entry for each that waits: a list, as its ends are atomic."""
        self._open: CommitGroup | None = None
        self._crowd = ArrivalEstimate()

    def enter(self) -> CommitGroup:
        """Begin a part, in this group; nobody else is inside. Raises the driver's errors."""
        self._come_in()
        try:
            group = self._present()
            if not group.begun:
                self._begin(group)
            self.line.execute("SAVEPOINT part")
        except BaseException:
            try:
                if self._open is not None and not self._open.parts:
                    self._end(self._open)
            finally:
                self._door.release()
            raise
        return group

    def leave(self, group: CommitGroup, rows: Rows) -> None:
        """Leave the group: this part is complete but for these rows. Raises the driver's errors."""
        try:
            self.line.execute("RELEASE part")
        except BaseException:
            self.undo(group)
            raise
        group.take(rows)
        self._door.release()

    def undo(self, group: CommitGroup) -> None:
        """Undo the part, as if it had not begun."""
        try:
            self.line.execute("ROLLBACK TO part")
            self.line.execute("RELEASE part")
        except BaseException as error:
            # A full disk: SQLite has undone everything.
            group.lost = error
            if not isinstance(error, Exception):
                raise
        finally:
            try:
                if group.lost is not None or not group.parts:
                    self._end(group)
            finally:
                self._door.release()

    def add(self, rows: Rows) -> CommitGroup:
        """Add a whole part of rows and return its group, which the caller settles."""
        self._come_in()
        try:
            group = self._present()
            group.take(rows)
        finally:
            self._door.release()
        return group

    def settle(self, group: CommitGroup) -> None:
        """Wait until the group is committed, and commit it if no other thread does.

        Raises NotCommitted.
        """
        if not self._ends_by_others(group):
            with self._door:
                if self._open is group:
                    self._end(group)
        if group.lost is not None:
            raise NotCommitted("the transaction was lost") from group.lost

    def _ends_by_others(self, group: CommitGroup) -> bool:
        """Wait while expected threads arrive, and return whether the last one ended the group."""
        parts = 0
        while parts < group.parts < self._crowd.expected:
            parts = group.parts
            if group.ends_within(PATIENCE):
                return True
        return group.over

    def _come_in(self) -> None:
        self._at_the_door.append(None)
        self._door.acquire()
        self._at_the_door.pop()

    def _present(self) -> CommitGroup:
        group = self._open
        if group is not None and group.parts >= MOST:
            self._end(group)
            group = None
        if group is None:
            group = self._open = CommitGroup()
        return group

    def _begin(self, group: CommitGroup) -> None:
        acquire_write_lock()
        try:
            self.line.begin()
        except BaseException:
            release_write_lock()
            raise
        group.begun = group.has_turn = True

    def _end(self, group: CommitGroup) -> None:
        """Commit the group if it has anything to commit. Runs in one thread at a time."""
        try:
            if group.lost is None and group.parts:
                if not group.begun:
                    self._begin(group)
                for statement, rows in group.rows.items():
                    self.line.execute_many(statement, rows)
                self.line.commit()
        except BaseException as error:
            # Told to all whose parts these were.
            group.lost = error
            if not isinstance(error, Exception):
                raise
        finally:
            try:
                if self.line.writing:
                    self.line.rollback()
            finally:
                self._open = None
                if group.has_turn:
                    release_write_lock()
                self._crowd.came(group.parts, too_late=len(self._at_the_door))
                group.end()
