"""The service navigation: each room adds its entries, each entry knows when it is shown."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, request

_KEY = "secure_access.navigation"


@dataclass(frozen=True)
class Entry:
    """`address` answers None where the entry is not for this person; lowest `order` first."""

    text: str
    address: Callable[[], str | None]
    order: int


@dataclass(frozen=True)
class Link:
    text: str
    href: str
    active: bool


def add(app: Flask, entry: Entry) -> None:
    entries: list[Entry] = app.extensions.setdefault(_KEY, [])
    entries.append(entry)
    entries.sort(key=lambda each: each.order)


def entries() -> list[Link]:
    """The links of the present person, for the layout."""
    registered: list[Entry] = current_app.extensions.get(_KEY, [])
    links = [(entry, entry.address()) for entry in registered]
    shown = [(entry, href) for entry, href in links if href is not None]
    nearest = max((href for _, href in shown if _covers(href)), key=len, default=None)
    return [Link(entry.text, href, href == nearest) for entry, href in shown]


def _covers(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")
