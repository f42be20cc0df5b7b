"""The frame of a signed-in person's pages: the place where they work, and the navigation.

Each room adds its entries; each entry knows when it is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from app.database import db

_KEY = "secure_access.navigation"
_PLACE = "secure_access.navigation_place"

log = structlog.get_logger()


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation, lowest `order` first.

    address: returns None where the entry is not for this person.
    """

    text: str
    address: Callable[[], str | None]
    order: int


@dataclass(frozen=True)
class Link:
    """One link of the navigation, as templates show it."""

    text: str
    href: str
    active: bool


@dataclass(frozen=True)
class Frame:
    """The navigation of one page. `place` is the organisation that its links are about."""

    place: Link | None
    links: list[Link]


def add_entry(app: Flask, entry: Entry) -> None:
    """Add an entry to the navigation, in the order of the entries."""
    entries: list[Entry] = app.extensions.setdefault(_KEY, [])
    entries.append(entry)
    entries.sort(key=lambda each: each.order)


def set_place(app: Flask, place: Callable[[], tuple[str, str] | None]) -> None:
    """Register the function that returns name and address of the organisation at hand, or None."""
    app.extensions[_PLACE] = place


def frame() -> Frame:
    """Return the frame of the present person's pages, for the layout."""
    place: Callable[[], tuple[str, str] | None] | None = current_app.extensions.get(_PLACE)
    found = place() if place is not None else None
    links = _links()
    # Without links there is no session, or one that may use no page yet.
    return Frame(Link(*found, active=False) if found is not None and links else None, links)


def readable_frame(*, after_failure: bool) -> Frame | None:
    """Return the frame for an error page, or None where the database does not answer.

    `after_failure`: the request broke off and may have left its transaction unusable.
    """
    try:
        if after_failure:
            db.session.rollback()
        return frame()
    except SQLAlchemyError as error:
        log.warning("error page without navigation", error=type(error).__name__)
        return None


def _links() -> list[Link]:
    registered: list[Entry] = current_app.extensions.get(_KEY, [])
    links = [(entry, entry.address()) for entry in registered]
    shown = [(entry, href) for entry, href in links if href is not None]
    nearest = max((href for _, href in shown if _covers(href)), key=len, default=None)
    return [Link(entry.text, href, href == nearest) for entry, href in shown]


def _covers(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")
