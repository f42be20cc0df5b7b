"""The processes that answer: what they send, and what becomes of them while nobody asks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from app.clock import now
from approvals.settings import Settings
from tests.identity.oidc.relying_party import RelyingParty
from tests.identity.oidc.served import serving

pytestmark = pytest.mark.usefixtures("processes")

AT_ONCE = 16
UNTIL_THREADS_END = 34
"""Seconds: the server ends threads that have had nothing to do for thirty."""


def test_responses_all_have_a_date(app_settings: Settings, rp: RelyingParty) -> None:
    """RFC 9110, 6.6.1; the FAPI 2.0 plan looks for it at resources."""
    with serving(app_settings, workers=1) as served:
        for path in ("/userinfo", "/api/remit", "/jwks", "/token"):
            date = httpx.get(f"{served.issuer}{path}", timeout=60).headers["Date"]
            assert abs(parsedate_to_datetime(date) - now()) < timedelta(minutes=1)


def test_worker_survives_the_end_of_idle_threads(app_settings: Settings, rp: RelyingParty) -> None:
    with serving(app_settings, workers=1) as served:

        def ask(_number: int) -> int:
            form = {"grant_type": "authorization_code", "code": "x"}
            headers = {"Authorization": rp.basic()}
            address = f"{served.issuer}/token"
            return httpx.post(address, data=form, headers=headers, timeout=60).status_code

        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert set(threads.map(ask, range(10 * AT_ONCE))) == {400}
        before = _workers(served.process.pid)
        threads_before = _threads(before[0])
        time.sleep(UNTIL_THREADS_END)
        assert _workers(served.process.pid) == before
        assert _threads(before[0]) < threads_before
        assert ask(0) == 400


def _workers(server: int) -> list[int]:
    threads = Path(f"/proc/{server}/task").iterdir()
    return [int(each) for thread in threads for each in (thread / "children").read_text().split()]


def _threads(process: int) -> int:
    return len(list(Path(f"/proc/{process}/task").iterdir()))
