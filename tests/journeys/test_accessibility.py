"""Every page that links lead to: no violation that axe finds, nothing cut off or too wide.

axe-core with the rules of WCAG 2.2 AA and its best practices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Demo, sign_in
from tests.journeys.overflow import overflows
from wsgi import ROOT

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)")
TOPIC = r"(?<=^/help/)[a-z-]+$"
LEADS_OUT = re.compile(r"/sign-out|/end-session|\.csv|\.json|\.txt|/enter/")


def test_public_pages_are_accessible(demo: Demo, page: Page) -> None:
    assert faults(page, demo, "/") == {}
    page.goto(f"{demo.issuer}/sign-in")
    with page.expect_navigation():
        page.click("main form button[type=submit]:not([name=cancel])")
    assert faults_here(page) == {}


def test_pages_of_a_person_of_two_organisations_are_accessible(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="kit.kapok@demo.example"))
    assert faults(page, demo, "/home") == {}


def test_pages_of_the_reporting_app_are_accessible(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.reporting_app}/sign-in")
    sign_in(page, demo.people(user_group="LA Named")[0])
    page.wait_for_url(f"{demo.reporting_app}/**")
    assert faults_here(page) == {}
    with page.expect_navigation():
        page.locator("main table a, main li a").first.click()
    assert faults_here(page) == {}


def faults(page: Page, demo: Demo, *starts: str) -> dict[str, list[str]]:
    """Faults by address, of every page that can be reached from one of the starts."""
    found: dict[str, list[str]] = {}
    for _ in pages_from(page, demo, *starts):
        found |= faults_here(page)
    return found


def pages_from(page: Page, demo: Demo, *starts: str) -> Iterator[str]:
    """Open every page of ours that links lead to, one of each shape, and yield its address.

    From the public start page all topics of Help are opened, from others one.
    """
    seen: set[str] = set()
    waiting = list(starts)
    same = IDENTIFIER if starts == ("/",) else re.compile(f"{IDENTIFIER.pattern}|{TOPIC}")
    while waiting:
        path = waiting.pop(0)
        shape = same.sub("…", path)
        if shape in seen or LEADS_OUT.search(path):
            continue
        seen.add(shape)
        page.goto(demo.issuer + path)
        yield path
        waiting.extend(_links(page, demo))


def _links(page: Page, demo: Demo) -> Iterator[str]:
    for address in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
        parts = urlsplit(str(address))
        if f"{parts.scheme}://{parts.netloc}" == demo.issuer:
            yield parts.path


def faults_here(page: Page) -> dict[str, list[str]]:
    """Faults of this page by its address, in both colour schemes and both widths."""
    page.wait_for_load_state()
    if page.evaluate("window.axe === undefined"):
        # The page's own policy lets no foreign script in; the debugger's door is not bound by it.
        page.evaluate(AXE.read_text())
    faults = _violations(page, "tag", RULES)
    page.emulate_media(color_scheme="dark")
    faults += [f"dark: {fault}" for fault in _violations(page, "rule", ["color-contrast"])]
    page.emulate_media(color_scheme="light")
    faults += overflows(page) + _title_faults(page)
    return {urlsplit(page.url).path: faults} if faults else {}


def _title_faults(page: Page) -> list[str]:
    """Return a fault if the page's title and its heading do not begin with the same words."""
    heading: str = page.evaluate(
        """() => {
            const copy = document.querySelector("h1").cloneNode(true);
            copy.querySelectorAll("[class*=caption]").forEach(each => each.remove());
            return copy.textContent.trim().replace(/\\s+/g, " ");
        }"""
    )
    title = page.title().removeprefix("Error: ")
    same = title.startswith(heading) or heading.startswith(title.split(" – ")[0])
    return [] if same else [f"the title {title!r} for the heading {heading!r}"]


def _violations(page: Page, kind: str, values: list[str]) -> list[str]:
    """Return what axe finds by these rules, in words."""
    # Without the elements that passed: describing and sending them takes half of the time.
    found: list[dict[str, Any]] = page.evaluate(
        """async only => (await axe.run(document, {
            runOnly: only, resultTypes: ["violations"]
        })).violations""",
        {"type": kind, "values": values},
    )
    return [
        f"{each['id']}: {each['help']} at {[node['target'] for node in each['nodes'][:3]]}"
        for each in found
    ]
