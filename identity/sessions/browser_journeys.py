"""Journeys that belong to one browser, so that people without a session can begin them."""

from __future__ import annotations

from app.journeys import Journeys, Row
from identity.sessions.anonymous_rows import admit_row
from identity.sessions.browser import Browser


class BrowserJourneys(Journeys[Row]):
    """The journeys of a table whose owner is the hash of a browser's secret (`bound_browser`)."""

    def begin_in(self, browser: Browser, journey: Row, *, counted: bool = True) -> Row:
        """Store a new journey that this browser began, and return it with its id.

        counted: false where something single-use was claimed for the journey, which bounds the
        number of rows already. Raises TooManyRequests.
        """
        if counted:
            admit_row(browser)
        return self.begin(journey)
