"""What pages look like where a style, not a text, carries the meaning."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page

from tests.journeys.conftest import Demo, sign_in

pytestmark = pytest.mark.browser
WIDTHS = (1280, 320)


def lines_of(element: Locator) -> int:
    """On how many lines its text stands."""
    return int(
        element.evaluate("""each => {
            const range = document.createRange();
            range.selectNodeContents(each);
            return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
        }""")
    )


def gap(above: Locator, below: Locator) -> float:
    """Pixels between the end of one and the beginning of the other."""
    one, other = above.bounding_box(), below.bounding_box()
    assert one is not None
    assert other is not None
    return other["y"] - one["y"] - one["height"]


def test_the_footers_colour_goes_on_to_the_end_of_a_short_page(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    colours = [
        page.locator(each).evaluate("each => getComputedStyle(each).backgroundColor")
        for each in ("html", ".sa-footer")
    ]
    assert colours[0] == colours[1]


def test_names_of_cookies_stand_on_a_line(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/cookies")
    assert {lines_of(each) for each in page.locator("main dt").all()} == {1}


def test_addresses_of_users_stand_on_a_line(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="lou.larch@demo.example"))
    page.goto(f"{demo.issuer}/home")
    page.get_by_role("link", name="Manage users").first.click()
    page.goto(f"{page.url}/users")
    addresses = page.locator("tbody th span")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert {lines_of(each) for each in addresses.all()} == {1}


def test_memberships_stand_apart_from_each_other_and_from_the_button(
    demo: Demo, page: Page
) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="kit.kapok@demo.example"))
    page.goto(f"{demo.issuer}/home")
    places = page.locator("main dl")
    button = page.get_by_role("button", name="Open School Performance")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert gap(places.nth(0), places.nth(1)) >= 20
        assert gap(places.nth(1), button) >= 20
