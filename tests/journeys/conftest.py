"""The demo as `make demo` starts it, and a browser."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.servers import binaries, ports
from wsgi import ROOT

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)
_last_step: dict[str, int] = {}


@dataclass(frozen=True)
class Demo:
    """A running demo: what `instance/demo.json` says, and where it keeps its things."""

    announced: dict[str, Any]
    instance: Path
    process: subprocess.Popen[bytes]

    @property
    def issuer(self) -> str:
        return str(self.announced["issuer"])

    @property
    def reporting_app(self) -> str:
        return str(self.announced["reporting_app"])

    @property
    def outbox(self) -> str:
        return str(self.announced["outbox"])

    def people(self, **having: Any) -> list[dict[str, Any]]:
        """Entries of people with these values."""
        return [
            person
            for person in self.announced["people"]
            if all(person[name] == value for name, value in having.items())
        ]

    def person(self, **having: Any) -> dict[str, Any]:
        return self.people(**having)[0]


@contextmanager
def running_demo(instance: Path) -> Iterator[Demo]:
    """Start the demo on free ports with its files in `instance`, and stop it at the end.

    Raises RuntimeError with the demo's output if the demo does not start.
    """
    first = _three_free_ports()
    environment = {
        **os.environ,
        "INSTANCE": str(instance),
        "PORT": str(first),
        "REPORTING_PORT": str(first + 1),
        "ISSUER": "",
    }
    log_file = instance.parent / "demo.log"
    log = log_file.open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.demo"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        ports.wait_until(
            lambda: (
                process.poll() is not None
                or (ports.is_open(first) and ports.is_open(first + 1) and ports.is_open(first + 2))
            ),
            seconds=400,
            what="the demo",
        )
        if process.poll() is not None:
            raise RuntimeError(f"the demo did not start:\n{log_file.read_text()}")
        announced = json.loads((instance / "demo.json").read_text())
        yield Demo(announced, instance, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


@pytest.fixture(scope="session")
def demo(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all journeys of this process; each journey uses people of its own."""
    with running_demo(tmp_path_factory.mktemp("demo") / "instance") as running:
        yield running


def _three_free_ports() -> int:
    """The first of three free ports in a row.

    Below those that the system gives to outgoing connections: one of these, asked whether it is
    open yet, could be connected to itself.
    """
    while True:
        first = random.randrange(20_000, 30_000)
        if not any(ports.is_open(first + offset) for offset in range(3)):
            return first


@pytest.fixture(scope="session")
def chromium(processes: None, playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=str(binaries.chromium()), args=BROWSER_ARGUMENTS
    )
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a browser that nobody has used yet."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def another_page(chromium: Browser) -> Iterator[Page]:
    """A page of somebody else's browser."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield context.new_page()
    context.close()


def sign_in(page: Page, person: dict[str, Any]) -> None:
    """From the sign-in page on: e-mail, password, code."""
    page.fill("input[name=email]", person["email"])
    page.fill("input[name=password]", person["password"])
    with page.expect_navigation():
        page.click("main form button[type=submit]:not([name=cancel])")
    page.fill("input[name=code]", unused_code(person["totp_secret"]))
    with page.expect_navigation():
        page.click("main form button[type=submit]:not([name=cancel])")


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press a button and wait for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def resize(page: Page, width: int, height: int = 900) -> None:
    """Resize the window and wait until the page has its style sheets and its new width.

    Until then, two measurements may see two layouts. Values to compare are measured in one call.
    """
    page.wait_for_load_state()
    page.set_viewport_size({"width": width, "height": height})
    # Asked from here: the page itself has no timers where its scripts are switched off.
    for _ in range(500):
        if page.evaluate("window.innerWidth") == width:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"the window did not get {width} pixels wide")


def unused_code(secret: str) -> str:
    """Each step counts once, so a second sign-in within thirty seconds takes the next one."""
    step = max(int(time.time()) // 30, _last_step.get(secret, 0) + 1)
    _last_step[secret] = step
    return pyotp.TOTP(secret).generate_otp(step)
