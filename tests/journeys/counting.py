"""Pages, clicks and fields of a job, counted while a browser does it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page


@dataclass
class Count:
    """Effort of a job. fields: texts entered and options chosen."""

    pages: int = 0
    clicks: int = 0
    fields: int = 0


class CountedWalk:
    """A job in a browser, from the page on which it begins.

    A page is each document that the window loads, the confirmation included and the page of the
    beginning left out. The browser's event counts them, so a page more is counted without a change
    of the walk.
    """

    def __init__(self, page: Page, start: str) -> None:
        page.goto(start)
        page.wait_for_load_state()
        self.page, self.count = page, Count()
        page.on("domcontentloaded", self._loaded)

    def go(self, target: Locator) -> None:
        """Follow a link or press a button that leads to another page."""
        self.count.clicks += 1
        with self.page.expect_navigation():
            target.click()

    def open(self, target: Locator) -> None:
        """Unfold a part of the page."""
        self.count.clicks += 1
        target.click()

    def fill(self, label: str, text: str) -> None:
        """Enter a text."""
        self.count.fields += 1
        self.page.get_by_label(label).first.fill(text)

    def choose(self, label: str) -> None:
        """Choose an option of a list."""
        self.count.fields += 1
        self.page.get_by_label(label, exact=True).check()

    def done(self) -> Count:
        """End the count, and return it."""
        self.page.remove_listener("domcontentloaded", self._loaded)
        return self.count

    def _loaded(self, _page: Page) -> None:
        self.count.pages += 1
