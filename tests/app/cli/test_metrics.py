"""`secure-access metrics`, with the server and the worker that count."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app.database import writing
from app.outbox import send_mail
from approvals.settings import Settings
from tests.identity.oidc import rights, signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.served import PROGRAM, Served, serving
from tests.servers import binaries, ports
from wsgi import ROOT

pytestmark = pytest.mark.usefixtures("processes")


class Figures:
    """The figures of a scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    @property
    def names(self) -> set[str]:
        """The names of the figures, as the documentation writes them."""
        return {re.sub(r"_(bucket|count|sum)$", "", name) for name, _, _ in self._samples}

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name that have these labels."""
        found = [
            value
            for each, has, value in self._samples
            if each == f"secure_access_{name}" and labels.items() <= has.items()
        ]
        assert found, f"no {name} with {labels}"
        return sum(found)


@contextmanager
def scraping(served: Served) -> Iterator[str]:
    """Run `secure-access metrics` beside the server, and give its address."""
    port = ports.free_port()
    process = subprocess.Popen(
        [*binaries.tied_to_parent("TERM"), PROGRAM, "metrics"],
        cwd=ROOT,
        env={**served.environment, "SECURE_ACCESS_METRICS_PORT": str(port)},
    )
    try:
        address = f"http://localhost:{port}/metrics"
        ports.wait_until(lambda: _answers(address), seconds=60, what="metrics are served")
        yield address
    finally:
        process.terminate()
        assert process.wait(10) == 0


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def counting(app: Flask, app_settings: Settings, tmp_path: Path) -> Iterator[tuple[Served, str]]:
    """A server of two processes that count, and the address of the figures."""
    rights.install(app)
    signing_keys.ready()
    folder = str(tmp_path / "metrics")
    mails = str(tmp_path / "mails")
    with (
        serving(
            app_settings,
            workers=2,
            SECURE_ACCESS_METRICS_DIRECTORY=folder,
            SECURE_ACCESS_MAIL_DIRECTORY=mails,
        ) as served,
        scraping(served) as address,
    ):
        yield served, address


def test_metrics_add_up_the_requests_of_all_processes_by_route(
    counting: tuple[Served, str],
) -> None:
    served, address = counting
    for _ in range(20):
        # Each connection may reach another process.
        httpx.get(f"{served.issuer}/jwks")
    httpx.get(f"{served.issuer}/sign-in/link/a-secret-of-somebody")
    httpx.request("BREW", f"{served.issuer}/nothing-here")
    figures = Figures(httpx.get(address).text)
    assert figures.value("request_seconds_count", route="/jwks", status="200") == 20
    assert figures.value("request_seconds_sum", route="/jwks") > 0
    assert figures.value("request_seconds_count", route="other", method="other") == 1
    assert "a-secret-of-somebody" not in figures.text


def test_metrics_count_direct_endpoints_and_waits_of_the_database(
    app: Flask, counting: tuple[Served, str]
) -> None:
    served, address = counting
    rp = RelyingParty(app.test_client(), register(grant_types=["client_credentials"]))
    token = httpx.post(
        f"{served.issuer}/token",
        data={"grant_type": "client_credentials"},
        auth=(rp.client_id, rp.secret or ""),
    )
    figures = Figures(httpx.get(address).text)
    status = str(token.status_code)
    assert figures.value("request_seconds_count", route="/token", status=status) == 1
    assert figures.value("signing_key_age_seconds", alg="ES256") >= 0
    assert figures.value("database_up") == 1


def test_metrics_tell_how_long_mails_wait_and_what_became_of_them(
    counting: tuple[Served, str],
) -> None:
    served, address = counting
    with writing():
        send_mail(to="ann@ashfield.example", template="accounts/suspended", context={"name": "Ann"})
    before = Figures(httpx.get(address).text)
    assert before.value("mails_waiting") == 1
    assert before.value("mails_oldest_waiting_seconds") > 0
    served.do_jobs()
    after = Figures(httpx.get(address).text)
    assert after.value("mails_waiting") == 0
    assert after.value("mails_given_up") == 0
    assert after.value("delivery_attempts_total", queue="outbox_mail", outcome="delivered") == 1
    assert after.value("worker_passes_total", work="purge") == 1


def test_metrics_are_those_that_the_documentation_names(counting: tuple[Served, str]) -> None:
    served, address = counting
    with httpx.Client(base_url=served.issuer, follow_redirects=True) as browser:
        page = browser.get("/sign-in")
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
        assert token is not None
        form = {"csrf_token": token[1], "email": "ann@ashfield.example", "password": "no"}
        browser.post(page.url, data=form)
    with writing():
        send_mail(to="ann@ashfield.example", template="accounts/suspended", context={"name": ""})
    served.do_jobs()
    documented = re.findall(
        r"^\| `(secure_access_\w+)`", (ROOT / "docs/operators/metrics.md").read_text(), re.MULTILINE
    )
    assert Figures(httpx.get(address).text).names == set(documented)


def test_metrics_folder_is_readable_by_its_own_user_only(
    counting: tuple[Served, str], tmp_path: Path
) -> None:
    served, _ = counting
    httpx.get(f"{served.issuer}/jwks")
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "metrics").iterdir()}
    assert modes == {0}


def test_server_has_no_metrics_of_its_own(counting: tuple[Served, str]) -> None:
    served, _ = counting
    assert httpx.get(f"{served.issuer}/metrics").status_code == 404


def test_metrics_without_a_folder_say_what_to_set(app_settings: Settings) -> None:
    ran = subprocess.run(
        [PROGRAM, "metrics"],
        cwd=ROOT,
        env={
            **os.environ,
            "SECURE_ACCESS_DATABASE_URL": app_settings.database_url,
            "SECURE_ACCESS_ISSUER": "http://localhost:8000",
            "SECURE_ACCESS_SECRET_KEY": app_settings.secret_key.get_secret_value(),
            "SECURE_ACCESS_ENCRYPTION_KEYS": app_settings.encryption_keys[0].get_secret_value(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert re.search(r"Set SECURE_ACCESS_METRICS_DIRECTORY to the folder", ran.stderr)
