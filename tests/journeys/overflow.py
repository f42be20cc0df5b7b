"""Text that leaves its place: wider than the window, or cut off by the box that it stands in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from playwright.sync_api import Page

from tests.journeys.conftest import Demo, resize

WIDTHS = {1280: 900, 320: 800}
SURNAME = "Featherstonehaughcholmondeleymarjoribankswriothesleybeaucham"
ORGANISATION = (
    "Diocese of Marlchester and Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    " with the Isles"
)

_OVERFLOWS = """() => {
    const width = document.documentElement.clientWidth, found = [];
    const wide = document.documentElement.scrollWidth;
    if (wide > width) found.push(`${wide} pixels wide in a window of ${width}`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const hidden = 'script, style, noscript, option, .govuk-visually-hidden, .govuk-skip-link,'
        + ' .hidden, .sa-acts a > span';
    while (texts.nextNode()) {
        const text = texts.currentNode;
        let box = text.parentElement;
        if (!text.data.trim() || box.closest(hidden)) continue;
        while (['inline', 'contents'].includes(getComputedStyle(box).display))
            box = box.parentElement;
        if (!box.checkVisibility({visibilityProperty: true})) continue;
        const head = box.closest('thead');
        if (head && getComputedStyle(head).position === 'absolute') continue;
        // Spaces that end a line of such text hang over its edge, unseen.
        if (getComputedStyle(box).whiteSpace === 'pre-wrap'
                || getComputedStyle(text.parentElement).whiteSpace === 'pre-wrap') continue;
        // A table that scrolls by itself, and says so.
        const edge = box.closest('[role=region][tabindex]') ? Infinity : width;
        const place = box.getBoundingClientRect();
        range.selectNodeContents(text);
        for (const line of range.getClientRects()) {
            if (line.width < 1) continue;
            if (line.right > Math.min(place.right, edge) + 1
                    || line.left < Math.max(place.left, 0) - 1) {
                found.push(`"${text.data.trim().slice(0, 60)}" leaves its ${box.tagName}`
                    + ` in a window of ${width}`);
                break;
            }
        }
    }
    return found;
}"""


def overflows(page: Page) -> list[str]:
    """Return what is wider than the window or leaves its box, in each of the two widths."""
    found: list[str] = []
    for width, height in WIDTHS.items():
        resize(page, width, height)
        found += page.evaluate(_OVERFLOWS)
    resize(page, 1280)
    return found


def long_address(name: str) -> str:
    """Return an e-mail address of 60 characters, of which 43 have no punctuation."""
    local = f"{name}.headteacheranddesignatedsafeguardingleadofmarlchester"
    return f"{local[:47]}@demo.example"


def lengthen(demo: Demo, person: dict[str, Any]) -> None:
    """Give a person of the demo an address and a surname of 60 characters."""
    address = long_address(person["email"].partition(".")[0])
    database = demo.instance / "secure-access.sqlite3"
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        (account,) = connection.execute(
            "SELECT id FROM account WHERE email = ?", (person["email"],)
        ).fetchone()
        for table, key in (("account", "id"), ("membership", "account_id")):
            connection.execute(
                f"UPDATE {table} SET email = ?, email_key = ?, family_name = ? WHERE {key} = ?",
                (address, address, SURNAME, account),
            )
    person["email"] = address


def lengthen_organisation(demo: Demo, name: str) -> None:
    """Give an organisation of the demo a name of 100 characters."""
    database = demo.instance / "secure-access.sqlite3"
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        connection.execute("UPDATE organisation SET name = ? WHERE name = ?", (ORGANISATION, name))
