"""Journeys that belong to one browser, so that people without a session can begin them."""

from __future__ import annotations

from collections.abc import Collection

from app.journeys import Journeys, Phase, Row
from identity.sessions.anonymous_rows import admit_row
from identity.sessions.browser_binding import browser_hash


class BrowserJourneys(Journeys[Row]):
    """The journeys of a table whose owner is a browser (`bound_browser`)."""

    def begin(self, journey: Row, *, counted: bool = True) -> Row:
        """Store a new journey, and return it with its id.

        counted: false where something single-use was claimed for the journey, which bounds the
        number of rows already. Raises TooManyRequests.
        """
        if counted:
            admit_row()
        return super().begin(journey)

    def find_here(
        self,
        public_id: str | None,
        *,
        kinds: Collection[str] = (),
        phase: Phase = Phase.OPEN,
    ) -> Row | None:
        """Return this browser's journey of that id, of one of these kinds and in this phase."""
        return self.find(public_id, browser_hash(), kinds=kinds, phase=phase)
