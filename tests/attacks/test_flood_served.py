"""Five hundred people sign in at one moment (LG-12): two served workers, over sockets.

Each hash takes 19 MiB, so what the processes may take is bounded by how many they compute side by
side. The database has no part in it: SQLite serves.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from flask import Flask

from app.serving.limits import MAX_WAITING_PASSWORDS
from approvals.settings import Settings
from identity.settings import IdentitySettings
from tests.conftest import REAL_COST, settings
from tests.identity.oidc.served import Served, serving

PEOPLE = 500
FEW = 20
"""Warm-up requests: by then the processes have loaded their modules and computed some hashes."""
WORKERS = 2
HASHES_AT_ONCE = 2
OTHERWISE = 20
"""MiB that a process may grow by for the requests themselves."""


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with the real cost of a password's hash: its memory is measured."""
    return settings(database_url, mail_directory=tmp_path / "mail", **REAL_COST)


@dataclass
class Crowd:
    """People behind one form, each with an address of their own."""

    served: Served
    people: int
    statuses: list[int] = field(default_factory=list)
    retry_after: list[str] = field(default_factory=list)
    """Of the responses with status 503."""
    health: list[tuple[int, int]] = field(default_factory=list)
    """Status of /healthz, and how many sign-ins were still waiting when it came."""

    def __post_init__(self) -> None:
        with httpx.Client(base_url=self.served.issuer, trust_env=False) as client:
            page = client.get("/sign-in", follow_redirects=True)
            self.cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert token
        assert action
        self.token, self.action = token.group(1), action.group(1).replace("&amp;", "&")

    def comes(self) -> None:
        # The browser's fixtures, where they have begun, keep a loop running in this thread.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._come()).result()

    async def _come(self) -> None:
        people = asyncio.gather(*(self._sign_in(number) for number in range(self.people)))
        while not people.done():
            status, _ = await self._ask("GET", "/healthz", {})
            self.health.append((status, self.people - len(self.statuses)))
            await asyncio.sleep(0.2)
        await people

    async def _sign_in(self, number: int) -> None:
        form = {
            "csrf_token": self.token,
            "email": f"person{number}@school.example",
            "password": "wrong wrong wrong",
        }
        headers = {
            "Cookie": self.cookies,
            "X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        status, response = await self._ask("POST", self.action, headers, urlencode(form))
        self.statuses.append(status)
        if status == 503:
            self.retry_after += re.findall(r"(?im)^retry-after: (\d+)\r$", response)

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: str = ""
    ) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("localhost", self.served.port)
        own = {"Host": f"localhost:{self.served.port}", "Connection": "close"}
        lines = [f"{name}: {value}" for name, value in (own | headers).items()]
        head = [f"{method} {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", body]
        writer.write("\r\n".join(head).encode())
        response = (await reader.read()).decode()
        writer.close()
        return int(response.split()[1]), response


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("processes")
def test_LG_12_sign_ins_of_500_at_once_take_bounded_memory(
    app: Flask, app_settings: Settings
) -> None:
    trusted: dict[str, Any] = {"SECURE_ACCESS_TRUSTED_PROXIES": "127.0.0.1,::1"}
    at_once: dict[str, Any] = {
        "SECURE_ACCESS_THREADS": "16",
        "SECURE_ACCESS_PASSWORD_HASHES_AT_ONCE": str(HASHES_AT_ONCE),
    }
    with serving(app_settings, workers=WORKERS, **trusted, **at_once) as served:
        Crowd(served, FEW).comes()
        before = _most_memory(served)
        crowd = Crowd(served, PEOPLE)
        crowd.comes()
        after = _most_memory(served)
    refused = crowd.statuses.count(503)
    # Each process has a queue of its own, and one of them may accept most of the connections.
    assert crowd.statuses.count(303) == PEOPLE - refused >= MAX_WAITING_PASSWORDS
    assert len(crowd.retry_after) == refused
    waiting = [left for _, left in crowd.health]
    assert max(waiting) > 0, "it is asked while people wait"
    assert {status for status, _ in crowd.health} == {200}
    one_hash = app_settings.password_memory_kib // 1024
    assert after - before < HASHES_AT_ONCE * one_hash + OTHERWISE


def test_LG_12_parallel_hashes_are_four_by_default() -> None:
    assert IdentitySettings.model_fields["password_hashes_at_once"].default == 4


def _most_memory(served: Served) -> int:
    """MiB that the largest of the server's processes has taken at its worst moment.

    A few people may all meet the same process, and the others begin with the crowd.
    """
    return max(_peak(process) for process in _family(served.process.pid)) // 1024


def _family(process: int) -> list[int]:
    threads = Path(f"/proc/{process}/task").iterdir()
    children = [
        int(each) for thread in threads for each in (thread / "children").read_text().split()
    ]
    return [process, *(member for child in children for member in _family(child))]


def _peak(process: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found.group(1)) if found else 0
