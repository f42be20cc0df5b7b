"""The frame of a signed-in person's pages: the place where they work, and the navigation.

Each room adds its entries; each entry knows when it is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from flask import request

from app.composition import ExtensionPoint
from app.database import database_errors, db

log = structlog.get_logger()


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation, lowest `order` first.

    address: returns None where the entry is not for this person. count: how many things wait on
    its page.
    """

    text: str
    address: Callable[[], str | None]
    order: int
    count: Callable[[], int] = lambda: 0

    def label(self) -> str:
        """Return the text with the number of things that wait."""
        waiting = self.count()
        return f"{self.text} ({waiting:,})" if waiting else self.text


@dataclass(frozen=True)
class Link:
    """One link of the navigation, as templates show it."""

    text: str
    href: str
    active: bool


@dataclass(frozen=True)
class OtherPlace:
    """Another organisation to which the navigation leads, and the address there."""

    name: str
    address: str


@dataclass(frozen=True)
class Place:
    """The place that the links of the navigation are about, such as an organisation.

    others: organisations to which it leads. all_places: address of the page that lists them, where
    `others` has some of them only. tint: another colour of the navigation, by its name in the style
    sheet.
    """

    name: str
    address: str
    others: Sequence[OtherPlace] = ()
    all_places: str | None = None
    tint: str = ""


@dataclass(frozen=True)
class Frame:
    """The navigation of one page, for its place if it has one."""

    place: Place | None
    links: list[Link]


NAVIGATION = ExtensionPoint[Entry]("entries of the navigation", named=lambda entry: entry.text)
PLACES = ExtensionPoint[Callable[[], Place | None]]("places of the navigation")
"""Functions that return the place at hand, or None."""


def frame() -> Frame:
    """Return the frame of the present person's pages, for the layout."""
    found = next((place for find in PLACES.values() if (place := find()) is not None), None)
    links = _links()
    # Without links there is no session, or one that may use no page yet.
    return Frame(found if links else None, links)


def readable_frame(*, after_failure: bool) -> Frame | None:
    """Return the frame for an error page, or None where the database does not answer.

    `after_failure`: the request broke off and may have left its transaction unusable.
    """
    try:
        if after_failure:
            db.session.rollback()
        return frame()
    except database_errors() as error:
        log.warning("error page without navigation", error=type(error).__name__)
        return None


def _links() -> list[Link]:
    entries = sorted(NAVIGATION.values(), key=lambda entry: entry.order)
    links = [(entry, entry.address()) for entry in entries]
    shown = [(entry, href) for entry, href in links if href is not None]
    nearest = max((href for _, href in shown if _covers(href)), key=len, default=None)
    return [Link(entry.label(), href, href == nearest) for entry, href in shown]


def _covers(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")
