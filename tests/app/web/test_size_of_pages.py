"""Bytes that a browser loads for a page with its static files, as they are sent."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.walking import Walker

MOST = 100_000
_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+|/mark)"')
_IMPORTED = re.compile(r'(?:from|import) "\./([^"]+)"')


def body(walker: Walker, address: str, encoding: str = "identity") -> bytes:
    """The bytes of a file as a browser that takes this encoding gets them."""
    with walker.client.get(address, headers={"Accept-Encoding": encoding}) as response:
        return bytes(response.data)


def files_of(walker: Walker, html: str) -> set[str]:
    """The static files of a page, with those that its scripts import."""
    found, waiting = set[str](), set(_STATIC.findall(html))
    while waiting:
        address = waiting.pop()
        found.add(address)
        if address.endswith(".js") and "vendor" not in address:
            text = body(walker, address).decode()
            waiting |= {f"/static/{each}" for each in _IMPORTED.findall(text)} - found
    return found


@pytest.mark.parametrize("part", ["", "/users", "/users/new"])
def test_page_with_its_static_files_is_small(app: Flask, part: str) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    walker = browser(app, ann)
    shown = walker.get(path(school) + part)
    files = files_of(walker, shown.html)
    assert {each for each in files if each.endswith(".js")} >= {"/static/search-shortcut.js"}
    sizes = {each: len(body(walker, each, "gzip")) for each in files}
    assert sum(sizes.values()) + len(shown.html) < MOST, sizes
