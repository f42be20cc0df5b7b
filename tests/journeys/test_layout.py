"""Look of pages where a style, not a text, carries the meaning."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Demo, resize, sign_in

pytestmark = pytest.mark.browser
WIDTHS = (1280, 320)


def lines_of(elements: Locator) -> set[int]:
    """Return the numbers of lines on which the texts of these elements stand."""
    lines: list[int] = elements.evaluate_all("""all => all.map(each => {
        const range = document.createRange();
        range.selectNodeContents(each);
        return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
    })""")
    return set(lines)


def gaps(page: Page, elements: list[Locator]) -> list[float]:
    """Return the pixels between the end of each element and the beginning of the next."""
    for each in elements:
        expect(each).to_be_visible()
    measured: list[float] = page.evaluate(
        """all => all.slice(1).map((each, index) =>
            each.getBoundingClientRect().top - all[index].getBoundingClientRect().bottom)""",
        [each.element_handle() for each in elements],
    )
    return measured


def test_footer_extends_to_the_end_of_a_short_page(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    colours = page.evaluate(
        """["html", ".sa-footer"].map(
            each => getComputedStyle(document.querySelector(each)).backgroundColor)"""
    )
    assert colours[0] == colours[1]


def test_names_of_cookies_are_on_one_line(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/cookies")
    assert lines_of(page.locator("main dt")) == {1}


def test_addresses_of_users_are_on_one_line(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="lou.larch@demo.example"))
    page.goto(f"{demo.issuer}/home")
    with page.expect_navigation():
        page.get_by_role("link", name="Manage users").first.click()
    page.goto(f"{page.url}/users")
    addresses = page.locator("tbody th span")
    for width in WIDTHS:
        resize(page, width)
        assert lines_of(addresses) == {1}


def test_memberships_have_space_between_them(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="kit.kapok@demo.example"))
    page.goto(f"{demo.issuer}/home")
    places = page.locator("main dl")
    button = page.get_by_role("button", name="Open School Performance")
    for width in WIDTHS:
        resize(page, width)
        assert min(gaps(page, [places.nth(0), places.nth(1), button])) >= 20
