"""`make pictures`: renew the screenshots that the README shows, from a demo of its own."""

import base64
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.journeys.conftest import BROWSER_ARGUMENTS, Demo, press, running_demo, sign_in
from tests.servers import binaries
from wsgi import ROOT

FOLDER = ROOT / "docs" / "pictures"
WIDTH = 1280


def show_sign_in(page: Page, demo: Demo) -> None:
    """The sign-in page, as the example service sends a person to it."""
    page.goto(f"{demo.reporting_app}/sign-in")
    page.fill("input[name=email]", demo.person(email="max.maple@demo.example")["email"])


def show_users(page: Page, demo: Demo) -> None:
    """The users of a school, as its approver sees them."""
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="ada.appleby@demo.example"))
    page.get_by_role("link", name="Users", exact=True).first.click()


def show_school(page: Page, demo: Demo) -> None:
    """The results of one school in the example service, as a member of its staff sees them."""
    page.goto(f"{demo.reporting_app}/sign-in")
    person = demo.person(email="bea.birch@demo.example")
    sign_in(page, person)
    page.get_by_role("link", name=person["organisation"]).click()


def show_report(page: Page, demo: Demo) -> None:
    """The report on the schools of a trust, with its chart."""
    page.goto(f"{demo.reporting_app}/sign-in")
    sign_in(page, demo.person(email="max.maple@demo.example"))
    page.fill("input[name=q]", "High")
    press(page, "Search")


@dataclass(frozen=True)
class Picture:
    """A screenshot: the walk to its page, and how many pixels of the page it shows."""

    walk: Callable[[Page, Demo], None]
    height: int


PICTURES: Mapping[str, Picture] = {
    "sign-in.webp": Picture(show_sign_in, height=650),
    "users.webp": Picture(show_users, height=1180),
    "school.webp": Picture(show_school, height=875),
    "report.webp": Picture(show_report, height=1220),
}
"""The pictures by file name in `docs/pictures`."""


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as temporary,
        running_demo(Path(temporary) / "instance") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=str(binaries.chromium()), args=BROWSER_ARGUMENTS
        )
        for name, picture in PICTURES.items():
            _take(browser, demo, FOLDER / name, picture)
        browser.close()


def _take(browser: Browser, demo: Demo, file: Path, picture: Picture) -> None:
    """Each picture has a browser of its own, so that no sign-in leads into another."""
    size = ViewportSize(width=WIDTH, height=picture.height)
    context = browser.new_context(viewport=size, locale="en-GB")
    page = context.new_page()
    picture.walk(page, demo)
    page.wait_for_load_state("networkidle")
    # Playwright writes PNG and JPEG only: text in WebP takes a third of the bytes.
    screenshot = context.new_cdp_session(page).send(
        "Page.captureScreenshot", {"format": "webp", "quality": 85}
    )
    file.write_bytes(base64.b64decode(screenshot["data"]))
    context.close()


if __name__ == "__main__":
    main()
